// What one, two and four workers over --queue cost, against --jobs 2 in one process: seconds on the clock, processor
// seconds of respool and of the server, and bytes of write-ahead log. On a PostgreSQL of its own, whose postmaster has
// reaped every backend by the time it is asked, so that its processor seconds are exact.
//   node bench/workers.mjs [events=200000] [rounds=1] [replay,backfill] [0,1,2,4]     (needs initdb and pg_ctl: PG_BIN names their folder)
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { wideEvents } from './data.mjs';
import { measure, median } from './measure.mjs';

const events = Number(process.argv[2] ?? 200_000);
const rounds = Number(process.argv[3] ?? 1);
const bin = process.env.PG_BIN ?? '/usr/lib/postgresql/15/bin';
const respool = new URL('../bin/respool.js', import.meta.url).pathname;
const port = 5_997;
const { ndjson: file } = await wideEvents(events);
const eventTable = `create table ev (event_id text not null, name text not null, occurred_at timestamptz not null, user_id text,
  properties jsonb, context jsonb, primary key (event_id, occurred_at)) partition by range (occurred_at)`;
const home = mkdtempSync(join(tmpdir(), 'respool-workers-'));
const data = join(home, 'data');
const asPostgres = (program, ...args) => {
  const isRoot = process.getuid?.() === 0;
  const [command, all] = isRoot
    ? ['runuser', ['-u', 'postgres', '--', join(bin, program), ...args]]
    : [join(bin, program), args];
  execFileSync(command, all, { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] });
};
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
  const how = command === 'backfill' ? ['--method', 'swap', '--since', '2019-07-01', '--until', '2019-07-31'] : [];
  const lsn = async () => (await ask('postgres', `select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`))[0].bytes;
  const [cpuBefore, walBefore] = [serverCpu(), await lsn()];
  let most = 0;
  const count = `select count(*)::int as n from pg_stat_activity where application_name like 'respool%' or datname in ('queue', 'target')`;
  const looking = setInterval(() => {
    ask('postgres', count).then(
      ([{ n }]) => {
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
  const crew = Array.from({ length: workers }, () =>
    measure(process.execPath, [respool, 'worker', '--queue', url('queue'), '--to', to, '--idle-exit', '5s', '-q']),
  );
  const command0 = await watching;
  const helpers = await Promise.all(crew);
  clearInterval(looking);
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

try {
  const table = [];
  for (const command of (process.argv[4] ?? 'replay,backfill').split(',')) {
    const results = new Map(
      (process.argv[5] ?? '0,1,2,4')
        .split(',')
        .map(Number)
        .map((workers) => [workers, []]),
    );
    // Paired: each way once, then again, so that what else the machine does falls on all of them.
    for (let round = 0; round < rounds; round++)
      for (const [workers, found] of results) found.push(await run(command, workers));
    for (const [workers, found] of results) {
      const of = (name) => median(found.map((each) => each[name]));
      const perMillion = 1_000_000 / events;
      table.push({
        way: `${command} ${workers === 0 ? '--jobs 2' : `${workers} workers`}`,
        seconds: of('seconds').toFixed(1),
        'CPU respool / 1M': (of('respoolCpu') * perMillion).toFixed(1),
        'CPU server / 1M': (of('serverCpu') * perMillion).toFixed(1),
        'WAL MB / 1M': Math.round((of('walBytes') / 1e6) * perMillion),
        connections: of('connections'),
        'peak MB': Math.round(of('peakMb')),
        rows: of('rows'),
        right: found.every(({ isRight }) => isRight),
      });
      console.table(table.slice(-1));
    }
  }
  console.table(table);
  if (process.env.BENCH_OUT) writeFileSync(process.env.BENCH_OUT, JSON.stringify(table, undefined, 2));
} finally {
  asPostgres('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
  rmSync(home, { recursive: true, force: true });
}
