// What the server alone takes for the work of the benchmarks, however it is fed: npm run bench:floor [-- --runs 3].
// Whoever reads, checks and encodes on the same cores comes on top of that.
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { flights, wideEvents } from './data.mjs';
import { measure, median } from './measure.mjs';
import { FLIGHTS, madeAnew, WIDE } from './tables.mjs';

const { values: flags } = parseArgs({ options: { runs: { type: 'string', default: '3' } } });
const server = process.env.RESPOOL_BENCH_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const database = `respool_floor_${process.pid}`;
const target = Object.assign(new URL(server), { pathname: `/${database}` }).href;
const parseLoop = fileURLToPath(new URL('parse-loop.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'respool-floor-'));

const rows = [];
try {
  psql(server, `create database ${database}`);
  await floorOf('1,000,000 wide events', WIDE, await wideEvents(1e6), ([, , time]) => time.slice(0, 10));
  await floorOf('3,000,000 flights', FLIGHTS, await flights(), ([, date]) => date.slice(0, 7));
  console.log(`\n${cpus().length} cores, Node ${process.version}, medians of ${flags.runs}`);
  console.table(rows);
} finally {
  psql(server, `drop database if exists ${database} with (force)`);
  rmSync(folder, { recursive: true, force: true });
}

async function floorOf(title, table, { tsv, ndjson }, partitionOf) {
  const parts = await cutByPartition(tsv, partitionOf);
  const halves = [parts.filter((_, i) => i % 2 === 0), parts.filter((_, i) => i % 2 === 1)];
  const copies = (paths) => script(paths.map((path) => `\\copy ${table.name} from '${path}'`));
  const builds = (paths) =>
    script(paths.map((path, i) => built(table, `${table.name}_built_${halves.indexOf(paths)}_${i}`, path)));
  const times = { one: [], two: [], built: [], parsed: [] };
  for (let run = 0; run < Number(flags.runs); run++) {
    times.one.push(await inTurn(table, [script([`\\copy ${table.name} from '${tsv}'`])]));
    times.two.push(await inTurn(table, halves.map(copies)));
    times.built.push(await inTurn(table, halves.map(builds)));
    times.parsed.push((await measure(process.execPath, [parseLoop, ndjson])).cpuSeconds);
  }
  const one = median(times.one);
  const row = (what, seconds) => ({
    input: title,
    what,
    seconds: seconds.toFixed(2),
    'of one psql': (seconds / one).toFixed(2),
  });
  const told = [
    row('psql \\copy of a prepared file', one),
    row('two of them, half of the partitions each', median(times.two)),
    row('two sessions: COPY FREEZE a partition, then its key', median(times.built)),
    row('CPU s of JSON.parse over the lines, nothing else', median(times.parsed)),
  ];
  rows.push(...told);
  console.table(told);
}

/** Seconds until all of these scripts, a psql each, have ended. */
async function inTurn(table, scripts) {
  psql(target, `drop schema public cascade; create schema public; ${madeAnew(table)}`);
  psql(target, 'checkpoint');
  const started = performance.now();
  await Promise.all(scripts.map((path) => measure('psql', ['-qX', '-v', 'ON_ERROR_STOP=1', target, '-f', path])));
  return (performance.now() - started) / 1_000;
}

/** The cheapest way to a keyed partition that is filled for good: nothing of it is read by others before it is whole. */
function built({ columns, key }, name, path) {
  return `begin; create table ${name} (${columns});\n\\copy ${name} from '${path}' with (freeze)\nalter table ${name} add primary key (${key}); commit;`;
}

function script(statements) {
  const path = join(folder, `${process.hrtime.bigint()}.sql`);
  writeFileSync(path, `${statements.join('\n')}\n`);
  return path;
}

async function cutByPartition(tsv, partitionOf) {
  const files = new Map();
  for await (const line of createInterface({ input: createReadStream(tsv) })) {
    const partition = partitionOf(line.split('\t', 3));
    let file = files.get(partition);
    if (file === undefined) {
      file = createWriteStream(join(folder, `${files.size}-${partition}.tsv`));
      files.set(partition, file);
    }
    if (!file.write(`${line}\n`)) await new Promise((resolve) => file.once('drain', resolve));
  }
  for (const file of files.values()) await finished(file.end());
  return [...files.values()].map(({ path }) => path);
}

function psql(url, sql) {
  const { status, stderr } = spawnSync('psql', ['-qXAt', '-v', 'ON_ERROR_STOP=1', url], {
    input: sql,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`psql: ${stderr}`);
}
