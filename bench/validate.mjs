// Measures `respool validate` and its peers in one run and prints ratios: npm run bench:validate [-- --runs 3] [--rows 1000000] [--only dump,share,files].
// Dump: against sourcemeta's jsonschema and a plain JSON.parse loop over the lines, and ajv-cli on a part of it as files.
// Files: 1,000 small fixtures, against ajv-cli.
import { createReadStream, existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wideEvents } from './data.mjs';
import { measure, median } from './measure.mjs';

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    rows: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'dump,share,files' },
  },
});
const runs = Number(flags.runs);
const rows = Number(flags.rows);
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const respool = [process.execPath, path('../bin/respool.js'), 'validate'];
const sourcemeta = [path('node_modules/.bin/jsonschema'), 'validate', '--fast'];
const ajv = [process.execPath, path('node_modules/ajv-cli/dist/index.js')];
const schema = path('wide.schema.json');
/** So many events are written as files: ajv-cli checks nothing but files. */
const FILES = 1_000;
const MOST_FILES = 10_000;

const scratch = mkdtempSync(join(tmpdir(), 'respool-bench-validate-'));
try {
  console.log(`${cpus().length} cores, Node ${process.version}, median of ${runs} runs in turn\n`);
  console.log(
    '| case | peer | peer s | respool s | ratio | bound | peak RSS | | peer CPU s | respool CPU s | ratio |\n| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: |',
  );
  if (flags.only.includes('dump')) await dump();
  if (flags.only.includes('share')) await share();
  if (flags.only.includes('files')) await files();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function dump() {
  const { ndjson } = await wideEvents(rows);
  const title = `${rows.toLocaleString('en')} events`;
  const ours = () => run([...respool, ndjson, '--schema', schema, '-q']);
  await compare(title, {
    ours,
    peer: 'JSON.parse loop',
    theirs: () => run([process.execPath, path('parse-loop.mjs'), ndjson]),
    bound: 0.75,
  });
  await compare(title, {
    ours,
    peer: 'jsonschema --fast',
    theirs: () => run([...sourcemeta, schema, renamed(ndjson)]),
    bound: 0.2,
  });
}

/** ajv-cli reads files only, and takes hours for a million of them: a part is measured, and the time multiplied. */
async function share() {
  const { ndjson } = await wideEvents(rows);
  const title = `${rows.toLocaleString('en')} events`;
  const ours = () => run([...respool, ndjson, '--schema', schema, '-q']);
  const folder = await split(ndjson, MOST_FILES);
  const part = MOST_FILES / rows;
  const scaled = async () => {
    const { seconds, cpuSeconds, peakMb } = await run([
      ...ajv,
      'validate',
      '--spec=draft2020',
      '--strict=false',
      '-c',
      'ajv-formats',
      '-s',
      schema,
      '-d',
      join(folder, '*.json'),
    ]);
    return { seconds: seconds / part, cpuSeconds: cpuSeconds / part, peakMb };
  };
  await compare(`${title} (ajv-cli: ${MOST_FILES.toLocaleString('en')} of them as files, times ${1 / part})`, {
    ours,
    peer: 'ajv-cli',
    theirs: scaled,
    bound: 0.1,
  });
}

async function files() {
  const { ndjson } = await wideEvents(rows);
  const folder = await split(ndjson, FILES);
  const theirs = () =>
    run([
      ...ajv,
      'validate',
      '--spec=draft2020',
      '--strict=false',
      '-c',
      'ajv-formats',
      '-s',
      schema,
      '-d',
      join(folder, '*.json'),
    ]);
  const ours = () => run([...respool, '--fixtures', folder, '--schema', schema, '-q']);
  await compare(`${FILES.toLocaleString('en')} small fixtures`, { ours, peer: 'ajv-cli', theirs, bound: 0.5 });
}

async function compare(title, { ours, peer, theirs, bound }) {
  const pairs = [];
  for (let i = 0; i < runs; i++) pairs.push({ theirs: await theirs(), ours: await ours() });
  const mid = (who, key) => median(pairs.map((pair) => pair[who][key]));
  const ratio = median(pairs.map((pair) => pair.ours.seconds / pair.theirs.seconds));
  const figures = [mid('theirs', 'seconds').toFixed(2), mid('ours', 'seconds').toFixed(2), ratio.toFixed(2), bound];
  const memory = mid('ours', 'peakMb');
  const verdict = ratio <= bound && memory <= 400 ? 'ok' : 'MISSED';
  const cpu = [mid('theirs', 'cpuSeconds'), mid('ours', 'cpuSeconds')];
  cpu.push(median(pairs.map((pair) => pair.ours.cpuSeconds / pair.theirs.cpuSeconds)));
  const processors = cpu.map((value) => value.toFixed(2));
  console.log(`| ${[title, peer, ...figures, `${memory.toFixed(0)} MB`, verdict, ...processors].join(' | ')} |`);
}

async function run([command, ...args]) {
  return await measure(command, args);
}

/** sourcemeta's jsonschema takes a file for one of JSON lines by its name alone, and looks through symbolic links. */
function renamed(ndjson) {
  const link = ndjson.replace(/\.ndjson$/, '.jsonl');
  if (!existsSync(link)) linkSync(ndjson, link);
  return link;
}

/** The first events of a dump as files of their own. */
async function split(ndjson, count) {
  const folder = join(scratch, String(count));
  mkdirSync(folder, { recursive: true });
  let at = 0;
  for await (const line of createInterface({ input: createReadStream(ndjson) })) {
    if (at === count) break;
    writeFileSync(join(folder, `${String(at++).padStart(6, '0')}.json`), line);
  }
  return folder;
}
