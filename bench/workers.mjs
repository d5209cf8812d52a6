// What one, two and four workers over --queue cost, against --jobs 2 in one process: seconds on the clock, processor
// seconds of respool and of the server, and bytes of write-ahead log. On a PostgreSQL of its own, whose postmaster has
// reaped every backend by the time it is asked, so that its processor seconds are exact. Each run is told as it ends.
//   node bench/workers.mjs [--data wide:200000 | flights | days:200000:200] [--rounds 1] [--only replay,backfill] [--workers 0,1,2,4]
// (needs initdb and pg_ctl: PG_BIN names their folder; 0 workers are --jobs 2 without a queue)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { flights, manyDays, wideEvents } from './data.mjs';
import { measure, median } from './measure.mjs';
import { asPostgres } from './server-programs.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'wide:200000' },
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: 'replay,backfill' },
    workers: { type: 'string', default: '0,1,2,4' },
  },
});
const rounds = wholeNumber(values.rounds);
const ways = values.workers.split(',').map(wholeNumber);
const respool = new URL('../bin/respool.js', import.meta.url).pathname;
const port = 5_997;
const flightsTable = `create table ev (id bigint not null, date timestamp not null, delay int, distance int, origin text, destination text,
  primary key (id, date)) partition by range (date)`;
const wideTable = `create table ev (event_id text not null, name text not null, occurred_at timestamptz not null, user_id text,
  properties jsonb, context jsonb, primary key (event_id, occurred_at)) partition by range (occurred_at)`;
const { file, events, table: eventTable, range } = await dataOf(values.data.split(':'));

async function dataOf([name, count = '200000', days = '200']) {
  const events = wholeNumber(count);
  if (name === 'wide') {
    const range = ['--since', '2019-07-01', '--until', '2019-07-31'];
    return { file: (await wideEvents(events)).ndjson, events, table: wideTable, range };
  }
  if (name === 'flights') {
    const range = ['--since', '2001-01-01', '--until', '2001-08-01', '--partition-by', 'month'];
    return { file: (await flights()).csv, events: 3_000_000, table: flightsTable, range };
  }
  if (name !== 'days') throw new Error(`no such data: ${name}`);
  const until = new Date(Date.UTC(2019, 0, 1 + wholeNumber(days))).toISOString().slice(0, 10);
  const range = ['--since', '2019-01-01', '--until', until, '--partition-by', 'day'];
  return { file: await manyDays(events, wholeNumber(days)), events, table: flightsTable, range };
}

function wholeNumber(text) {
  if (!/^\d+$/.test(text)) throw new Error(`not a whole number: ${text}`);
  return Number(text);
}

const home = mkdtempSync(join(tmpdir(), 'respool-workers-'));
const data = join(home, 'data');
if (process.getuid?.() === 0) spawnSync('chown', ['postgres', home]);
asPostgres('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-N');
const settings = `-p ${port} -c unix_socket_directories=${home} -c max_connections=100 -c max_wal_size=8GB`;
asPostgres('pg_ctl', '-D', data, '-w', '-o', settings, '-l', join(home, 'log'), 'start');
const postmaster = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0];
const url = (name) => `postgres://postgres@127.0.0.1:${port}/${name}`;

async function ask(name, sql) {
  const client = new pg.Client({ connectionString: url(name) });
  await client.connect();
  try {
    const found = await client.query(sql);
    return (Array.isArray(found) ? found.at(-1) : found).rows;
  } finally {
    await client.end();
  }
}

/** User and system seconds of backends that have ended (proc(5), cutime and cstime). */
function serverCpu() {
  const fields = readFileSync(`/proc/${postmaster}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

const state = () => mkdtempSync(join(home, 'state-'));

async function run(command, workers) {
  await ask('postgres', 'drop database if exists target with (force)');
  await ask('postgres', 'drop database if exists queue with (force)');
  await ask('postgres', 'create database target');
  await ask('postgres', 'create database queue');
  await ask('target', eventTable);
  const to = `${url('target')}?table=ev`;
  const args = [respool, command, file, '--to', to, '--state-dir', state(), '-q', '--output', 'json'];
  const how = command === 'backfill' ? ['--method', 'swap', ...range] : [];
  const lsn = async () => (await ask('postgres', `select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`))[0].bytes;
  const [cpuBefore, walBefore] = [serverCpu(), await lsn()];
  let most = 0;
  const count = `select count(*)::int as n from pg_stat_activity where application_name like 'respool%' or datname in ('queue', 'target')`;
  const looker = new pg.Client({ connectionString: url('postgres') });
  await looker.connect();
  const looking = setInterval(() => {
    looker.query(count).then(
      ({ rows: [{ n }] }) => {
        most = Math.max(most, n);
      },
      () => undefined,
    );
  }, 500);
  const started = performance.now();
  let ended = 0;
  const queue = workers === 0 ? ['--jobs', '2'] : ['--queue', url('queue')];
  const watching = measure(process.execPath, [...args, ...how, ...queue]).then((result) => {
    ended = performance.now();
    return result;
  });
  // Workers that end when idle would be gone before a slow plan is made.
  const until = watching.catch(() => undefined);
  const helper = [respool, 'worker', '--queue', url('queue'), '--to', to, '-q'];
  const crew = Array.from({ length: workers }, () => measure(process.execPath, helper, { allowed: [0, 143], until }));
  const command0 = await watching;
  const helpers = await Promise.all(crew);
  clearInterval(looking);
  await looker.end();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const [{ rows }] = await ask('target', 'select count(*)::int as rows from ev');
  const report = JSON.parse(command0.stdout);
  const respoolCpu = [command0, ...helpers].reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return {
    seconds: (ended - started) / 1_000,
    respoolCpu,
    serverCpu: serverCpu() - cpuBefore,
    walBytes: Number(await lsn()) - Number(walBefore),
    connections: most,
    peakMb: Math.max(command0.peakMb, ...helpers.map(({ peakMb }) => peakMb)),
    rows,
    isRight: report.complete && report.balanced,
  };
}

/** One line of the table, per million events where that is comparable. */
function rowOf(command, workers, found) {
  const of = (name) => median(found.map((each) => each[name]));
  const perMillion = 1_000_000 / events;
  return {
    way: `${command} ${workers === 0 ? '--jobs 2' : `${workers} workers`}`,
    seconds: of('seconds').toFixed(1),
    'CPU respool / 1M': (of('respoolCpu') * perMillion).toFixed(1),
    'CPU server / 1M': (of('serverCpu') * perMillion).toFixed(1),
    'WAL MB / 1M': Math.round((of('walBytes') / 1e6) * perMillion),
    connections: of('connections'),
    'peak MB': Math.round(of('peakMb')),
    rows: of('rows'),
    right: found.every(({ isRight }) => isRight),
  };
}

try {
  const results = [];
  // Paired: each way once, then again, so that what else the machine does falls on all of them.
  for (const command of values.only.split(',')) {
    const found = ways.map((workers) => ({ command, workers, runs: [] }));
    results.push(...found);
    for (let round = 0; round < rounds; round++) {
      for (const { workers, runs } of found) {
        runs.push(await run(command, workers));
        console.log(JSON.stringify(rowOf(command, workers, runs.slice(-1))));
      }
    }
  }
  const table = results.map(({ command, workers, runs }) => rowOf(command, workers, runs));
  console.table(table);
  if (process.env.BENCH_OUT) writeFileSync(process.env.BENCH_OUT, JSON.stringify(table, undefined, 2));
} finally {
  asPostgres('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
  rmSync(home, { recursive: true, force: true });
}
