// Measures respool against psql's \copy in one run and prints ratios: npm run bench [-- --runs 3] [--large] [--only a,b,c].
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { flights, wideEvents } from './data.mjs';
import { measure, median } from './measure.mjs';
import { FLIGHTS, madeAnew, WIDE } from './tables.mjs';

const { values: flags } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, large: { type: 'boolean' }, only: { type: 'string' } },
});
const runs = Number(flags.runs);
const only = flags.only?.split(',');
const server = process.env.RESPOOL_BENCH_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const database = `respool_bench_${process.pid}`;
const target = Object.assign(new URL(server), { pathname: `/${database}` }).href;
const bin = fileURLToPath(new URL('../bin/respool.js', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));

const cases = {
  a: async () => compare('a: 1,000,000 wide JSON events', { ...(await wide(1e6)), target: 0.6 }),
  b1: async () => compare('b: 3,000,000 flights as CSV', { ...(await narrow('csv')), target: 1 }),
  b2: async () => compare('b: 3,000,000 flights as NDJSON', { ...(await narrow('ndjson')), target: 1 }),
  c: async () =>
    compare('c: the dump of (a) again, all duplicates', { ...(await wide(1e6)), again: true, target: 0.35 }),
  s1: async () =>
    compare('s: --method swap of (a), verified', {
      ...swapOf(await wide(1e6), '2019-07-01', '2019-07-31'),
      target: 0.55,
    }),
  s2: async () =>
    compare('s: --method swap of (b) as CSV, 7 months, verified', {
      ...swapOf(await narrow('csv'), '2001-01-01', '2001-08-01'),
      target: 0.7,
    }),
};
const largeCases = {
  a10: async () => growth('10 x (a)', await wide(1e6), await wide(1e7)),
  b10: async () => growth('10 x (b), CSV', await narrow('csv'), await narrow('csv', 10)),
};

const results = [];
try {
  psql(server, `create database ${database}`);
  const chosen = Object.entries(flags.large ? { ...cases, ...largeCases } : cases);
  for (const [name, run] of chosen) if (only === undefined || only.includes(name)) await run();
  if (only === undefined || only.includes('help')) await startUp();
  report();
} finally {
  psql(server, `drop database if exists ${database} with (force)`);
}

async function wide(count) {
  const { ndjson, tsv } = await wideEvents(count);
  return {
    table: madeAnew(WIDE),
    copy: `\\copy ev from '${tsv}'`,
    replay: [ndjson, '--to', `${target}?table=ev`, '--schema', join(here, 'wide.schema.json')],
    count: 'select count(*) from ev',
    expected: count,
  };
}

async function narrow(kind, times = 1) {
  const paths = await flights(times);
  return {
    table: madeAnew(FLIGHTS),
    copy: `\\copy fl from '${paths.tsv}'`,
    replay: [
      paths[kind],
      '--to',
      `${target}?table=fl`,
      '--id',
      'id',
      '--time',
      'date',
      '--schema',
      join(here, 'flights.schema.json'),
    ],
    count: 'select count(*) from fl',
    expected: 3e6 * times,
  };
}

/** The same input as a backfill that builds every partition of the range anew. */
function swapOf(input, since, until) {
  const range = ['--since', since, '--until', until, '--method', 'swap', '--jobs', '2'];
  return { ...input, command: 'backfill', replay: [...input.replay, ...range] };
}

/** psql and respool in turn, each into a fresh table. */
async function compare(title, { table, copy, replay, count, expected, command, again = false, target: bound }) {
  const peer = [];
  const ours = [];
  for (let i = 0; i < runs; i++) {
    psql(target, table);
    peer.push(await measure('psql', ['-qX', target, '-c', copy]));
    if (!again) psql(target, table);
    ours.push(await respool(replay, command));
    expectCount(count, expected);
  }
  const ratio = median(ours.map(({ seconds }, i) => seconds / peer[i].seconds));
  results.push({
    title,
    peer: mid(peer, 'seconds'),
    ours: mid(ours, 'seconds'),
    ratio,
    bound,
    peakMb: mid(ours, 'peakMb'),
  });
  console.log(line(results.at(-1)));
}

/** The same command on a ten times larger input. */
async function growth(title, small, large) {
  const measured = [];
  for (const { table, replay, count, expected } of [small, large]) {
    psql(target, table);
    measured.push(await respool(replay));
    expectCount(count, expected);
  }
  const [one, ten] = measured;
  const ratio = ten.seconds / one.seconds;
  results.push({
    title,
    peer: one.seconds,
    ours: ten.seconds,
    ratio,
    bound: 10.5,
    peakMb: ten.peakMb,
    smallPeakMb: one.peakMb,
  });
  console.log(line(results.at(-1)));
}

async function startUp() {
  const bare = [];
  const help = [];
  for (let i = 0; i < 15; i++) {
    bare.push(await measure(process.execPath, ['-e', '0']));
    help.push(await measure(process.execPath, [bin, '--help']));
  }
  const ratio = median(help.map(({ seconds }, i) => seconds / bare[i].seconds));
  results.push({
    title: 'respool --help / node -e 0',
    peer: mid(bare, 'seconds'),
    ours: mid(help, 'seconds'),
    ratio,
    bound: 2,
    peakMb: mid(help, 'peakMb'),
  });
  console.log(line(results.at(-1)));
}

async function respool(args, command = 'replay') {
  const state = mkdtempSync(join(tmpdir(), 'respool-bench-'));
  try {
    const options = ['--state-dir', state, '--output', 'json', '-q'];
    return await measure(process.execPath, [bin, command, ...args, ...options]);
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

function expectCount(sql, expected) {
  const found = Number(psql(target, sql).trim());
  if (found !== expected) throw new Error(`${sql} says ${found}, not ${expected}`);
}

function psql(url, sql) {
  const { status, stdout, stderr } = spawnSync('psql', ['-qXAt', '-v', 'ON_ERROR_STOP=1', url], {
    input: sql,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`psql: ${stderr}`);
  return stdout;
}

function mid(measured, key) {
  return median(measured.map((each) => each[key]));
}

function line({ title, peer, ours, ratio, bound, peakMb, smallPeakMb }) {
  const memory = `${peakMb.toFixed(0)} MB${smallPeakMb === undefined ? '' : ` (${smallPeakMb.toFixed(0)} MB on the small one)`}`;
  const verdict = ratio <= bound ? 'ok' : 'MISSED';
  return `| ${title} | ${peer.toFixed(2)} | ${ours.toFixed(2)} | ${ratio.toFixed(2)} | ${bound} | ${memory} | ${verdict} |`;
}

function report() {
  const [version] = psql(target, 'show server_version').trim().split(' ');
  const machine = `${cpus().length} cores, Node ${process.version}, PostgreSQL ${version}, median of ${runs} pairs`;
  const head =
    '| case | peer s | respool s | ratio | bound | peak RSS | |\n| --- | ---: | ---: | ---: | ---: | ---: | --- |';
  console.log(`\n${machine}\n\n${head}\n${results.map(line).join('\n')}`);
  writeFileSync(join(here, 'results.json'), `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
}
