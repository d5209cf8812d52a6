// Measures `respool diff` in one run and prints ratios: npm run bench:diff [-- --runs 3] [--rows 1000000] [--only dumps,tables].
// Dumps: against a raw full outer join by DuckDB of the same files. Tables: against a client that reads both and compares.
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wideEvents } from './data.mjs';
import { measure, median } from './measure.mjs';

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    rows: { type: 'string', default: '1000000' },
    only: { type: 'string', default: 'dumps,tables' },
  },
});
const runs = Number(flags.runs);
const rows = Number(flags.rows);
const server = process.env.RESPOOL_BENCH_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const database = `respool_bench_diff_${process.pid}`;
const target = Object.assign(new URL(server), { pathname: `/${database}` }).href;
const bin = fileURLToPath(new URL('../bin/respool.js', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'respool-bench-diff-'));
/** So many events are missing and so many changed. */
const EDITS = 1_000;

try {
  if (flags.only.includes('dumps')) await dumps();
  if (flags.only.includes('tables')) await tables();
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

async function dumps() {
  const { ndjson } = await wideEvents(rows);
  const { edited, shuffled } = variants(ndjson);
  const head = `${cpus().length} cores, Node ${process.version}, ${rows} events a side, median of ${runs} pairs`;
  console.log(
    `\n${head}\n\n| case | DuckDB s | respool s | ratio | wanted | CPU ratio | peak RSS |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |`,
  );
  for (const [title, other, wanted, allowed] of [
    ['other key order, 1,000 missing, 1,000 changed', edited, 2.5, [1]],
    ['the same lines in another order', shuffled, 1.3, [0]],
  ]) {
    const pairs = [];
    for (let i = 0; i < runs; i++) {
      const peer = await timed(process.execPath, [join(here, 'duckdb-join.mjs'), ndjson, other], [0]);
      const ours = await timed(process.execPath, [bin, ...diffArgs(ndjson, other)], allowed);
      pairs.push({ peer, ours, ratio: ours.seconds / peer.seconds, cpu: ours.cpu / peer.cpu });
    }
    print(title, pairs, wanted);
  }
}

async function tables() {
  const { tsv } = await wideEvents(rows);
  psql(server, `create database ${database}`);
  try {
    const columns = `event_id text not null, name text not null, occurred_at timestamptz not null, user_id text,
      properties jsonb, context jsonb, primary key (event_id, occurred_at)`;
    psql(
      target,
      `create table a (${columns}); create table b (${columns});\n\\copy a from '${tsv}'\ninsert into b select * from a;
      update b set properties = properties || '{"fee": -1}' where event_id in (select event_id from b order by event_id limit 50);
      delete from b where event_id in (select event_id from b order by event_id desc limit 50); vacuum analyze a; vacuum analyze b;`,
    );
    console.log(
      '\n| case | client s | respool s | times faster | wanted | rows sent |\n| --- | ---: | ---: | ---: | ---: | ---: |',
    );
    const pairs = [];
    for (let i = 0; i < runs; i++) {
      const peer = await timed(process.execPath, [join(here, 'read-both.mjs'), target, 'a', 'b'], [0]);
      const ours = await timed(process.execPath, [bin, ...diffArgs(`${target}?table=a`, `${target}?table=b`)], [1]);
      const { missing, changed, checksums } = JSON.parse(readFileSync(join(scratch, 'report.json'), 'utf8'));
      if (missing !== 50 || changed !== 50) throw new Error(`${missing} missing and ${changed} changed, not 50 and 50`);
      pairs.push({ peer, ours, times: peer.seconds / ours.seconds, share: checksums.fetched / checksums.compared });
    }
    const at = (pick) => median(pairs.map(pick));
    const share = `${(100 * at((one) => one.share)).toFixed(3)} %`;
    console.log(
      `| ${rows} rows a table, 100 differences | ${at(({ peer }) => peer.seconds).toFixed(1)} | ${at(({ ours }) => ours.seconds).toFixed(1)} | ${at(({ times }) => times).toFixed(1)} | 5 | ${share} |`,
    );
  } finally {
    psql(server, `drop database if exists ${database} with (force)`);
  }
}

function diffArgs(left, right) {
  return [
    'diff',
    left,
    right,
    '-q',
    '--state-dir',
    join(scratch, 'state'),
    '--output',
    `json:${join(scratch, 'report.json')}`,
  ];
}

/** The same events with their members the other way round and 2,000 edits; the same lines in another order. */
function variants(path) {
  const edited = path.replace('.ndjson', '-edited.ndjson');
  const shuffled = path.replace('.ndjson', '-shuffled.ndjson');
  if (existsSync(edited) && existsSync(shuffled)) return { edited, shuffled };
  const lines = readFileSync(path, 'latin1').split('\n').slice(0, -1);
  const step = Math.floor(lines.length / EDITS);
  const others = lines.flatMap((line, at) => {
    const { properties, ...event } = JSON.parse(line);
    if (at % step === 1) return [];
    const fee = at % step === 2 ? properties.fee + 1 : properties.fee;
    return [
      JSON.stringify(Object.fromEntries(Object.entries({ ...event, properties: { ...properties, fee } }).reverse())),
    ];
  });
  write(edited, others);
  let state = 7;
  for (let i = lines.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [lines[i], lines[j]] = [lines[j], lines[i]];
  }
  write(shuffled, lines);
  return { edited, shuffled };
}

function write(path, lines) {
  const file = openSync(path, 'w');
  for (let at = 0; at < lines.length; at += 10_000)
    writeSync(file, `${lines.slice(at, at + 10_000).join('\n')}\n`, null, 'latin1');
  closeSync(file);
}

/** Wall-clock seconds, CPU seconds of the process, and its peak memory. */
async function timed(command, args, allowed) {
  const before = childCpu();
  const measured = await measure(command, args, { allowed });
  return { ...measured, cpu: childCpu() - before };
}

/** CPU seconds of all children that have ended, as Linux counts them for this process. */
function childCpu() {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

function print(title, pairs, wanted) {
  const at = (pick) => median(pairs.map(pick));
  const cells = [at(({ peer }) => peer.seconds), at(({ ours }) => ours.seconds), at(({ ratio }) => ratio)].map((n) =>
    n.toFixed(2),
  );
  const cpu = at((one) => one.cpu).toFixed(2);
  console.log(
    `| ${title} | ${cells.join(' | ')} | ${wanted} | ${cpu} | ${at(({ ours }) => ours.peakMb).toFixed(0)} MB |`,
  );
}

function psql(url, sql) {
  const { status, stderr } = spawnSync('psql', ['-qXAt', '-v', 'ON_ERROR_STOP=1', url], {
    input: sql,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`psql: ${stderr}`);
}
