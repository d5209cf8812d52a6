// How long a reader and a writer of a live table wait while it is rebuilt by two workers over --queue, one of which is
// killed with a partition in work. On a PostgreSQL of its own: a query is slow for many reasons on a busy machine, so the
// same reader and writer are timed before as well, and the time for which the server had them wait for a lock is told apart.
//   node bench/locks.mjs      (needs initdb and pg_ctl: PG_BIN names their folder)
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { flights } from './data.mjs';
import { asPostgres } from './server-programs.mjs';

const respool = new URL('../bin/respool.js', import.meta.url).pathname;
const port = 5_996;
const quietMs = 10_000;
const { csv, tsv } = await flights();
const home = mkdtempSync(join(tmpdir(), 'respool-locks-'));
const data = join(home, 'data');
const url = (name) => `postgres://postgres@127.0.0.1:${port}/${name}`;
const log = join(home, 'log');

async function connect(name) {
  const client = new pg.Client({ connectionString: url(name) });
  await client.connect();
  return client;
}

async function ask(name, sql) {
  const client = await connect(name);
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Times one statement after another until it is told to stop. */
async function startLoop(name, statement) {
  const client = await connect('target');
  await client.query(`set application_name = 'loop ${name}'`);
  const times = [];
  let isOver = false;
  const going = (async () => {
    for (let n = 0; !isOver; n++) {
      const startedMs = performance.now();
      await client.query(statement(n));
      times.push(performance.now() - startedMs);
    }
  })();
  return {
    async end() {
      isOver = true;
      await going;
      await client.end();
      return times.sort((a, b) => a - b);
    },
  };
}

const instant = (n) => new Date(Date.UTC(2001, n % 6, 1 + (n % 27), n % 24)).toISOString().slice(0, 19);
/** Partitions in turn: each of the loops comes by each of them several hundred times. */
const loops = {
  reader: (n) => `select delay from ev where date = '${instant(n)}' and id = ${n % 3_000_000}`,
  writer: (n) =>
    [
      `insert into ev values (${-1 - n}, '${instant(n)}', 0, 0, 'XXX', 'YYY')`,
      `update ev set delay = delay + 1 where id = ${-n} and date = '${instant(n - 1)}'`,
      `delete from ev where id = ${1 - n} and date = '${instant(n - 2)}'`,
    ][n % 3],
};

async function live() {
  const started = await Promise.all(Object.entries(loops).map(([name, statement]) => startLoop(name, statement)));
  return async () => {
    const ended = await Promise.all(started.map((loop) => loop.end()));
    return Object.fromEntries(Object.keys(loops).map((name, at) => [name, ended[at]]));
  };
}

const summary = (times) => ({
  statements: times.length,
  'median ms': round(times[times.length >> 1]),
  '99.9 % ms': round(times[Math.floor(times.length * 0.999)]),
  'longest ms': round(times.at(-1)),
});
const round = (ms) => Math.round(ms * 10) / 10;

if (process.getuid?.() === 0) spawnSync('chown', ['postgres', home]);
asPostgres('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '-N');
// A wait for a lock is logged once it has lasted for a millisecond, and again, with its length, when it ends.
const settings = `-p ${port} -c unix_socket_directories=${home} -c max_wal_size=8GB -c log_lock_waits=on -c deadlock_timeout=1ms -c log_line_prefix='%a|'`;
asPostgres('pg_ctl', '-D', data, '-w', '-o', settings, '-l', log, 'start');

try {
  await ask('postgres', 'create database target');
  await ask('postgres', 'create database queue');
  const months = [1, 2, 3, 4, 5, 6, 7].map(
    (m) => `create table ev_20010${m} partition of ev for values from ('2001-0${m}-01') to ('2001-0${m + 1}-01');`,
  );
  await ask(
    'target',
    `create table ev (id bigint not null, date timestamp not null, delay int, distance int, origin text, destination text,
      primary key (id, date)) partition by range (date); ${months.join(' ')}`,
  );
  spawnSync('psql', [url('target'), '-qc', `\\copy ev from '${tsv}'`], { stdio: 'inherit' });
  const endQuiet = await live();
  await new Promise((resolve) => setTimeout(resolve, quietMs));
  const quiet = await endQuiet();

  const to = `${url('target')}?table=ev`;
  const start = (...args) => spawn(process.execPath, [respool, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const queue = ['--queue', url('queue')];
  const range = ['--since', '2001-01-01', '--until', '2001-08-01', '--method', 'swap', '--max-lock', '2s'];
  const crew = [0, 1].map(() => start('worker', ...queue, '--to', to, '-q'));
  const command = start(
    'backfill',
    csv,
    '--to',
    to,
    ...range,
    ...queue,
    '--state-dir',
    join(home, 'state'),
    '-q',
    '--output',
    'json',
  );
  let stdout = '';
  command.stdout.on('data', (chunk) => (stdout += chunk));
  const closed = once(command, 'close');
  const planned = `select 1 from pg_class where relname = 'backfill_states'`;
  while ((await ask('queue', planned)).length === 0) await new Promise((resolve) => setTimeout(resolve, 200));
  const inWork = `select count(distinct partition)::int as n from respool.backfill_states where change->>'state' = 'loading'`;
  while ((await ask('queue', inWork))[0].n === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  const logged = readFileSync(log, 'utf8').length;
  const endBusy = await live();
  while ((await ask('queue', inWork))[0].n < 4) await new Promise((resolve) => setTimeout(resolve, 50));
  crew[0].kill('SIGKILL');
  const [code] = await closed;
  const busy = await endBusy();
  crew[1].kill('SIGTERM');
  await once(crew[1], 'close');
  const waits = [
    ...readFileSync(log, 'utf8')
      .slice(logged)
      .matchAll(/^loop (\w+)\|LOG: +process \d+ acquired \w+ on .* after ([\d.]+) ms/gm),
  ];
  const lockMs = (name) => waits.filter((match) => match[1] === name).map((match) => Number(match[2]));
  const report = JSON.parse(stdout);
  console.table(
    Object.keys(loops).flatMap((name) => [
      { who: name, when: 'before', ...summary(quiet[name]) },
      {
        who: name,
        when: 'during',
        ...summary(busy[name]),
        'waits for a lock over 1 ms': lockMs(name).length,
        'longest of them ms': round(Math.max(0, ...lockMs(name))),
      },
    ]),
  );
  const locked = report.partitions.map(({ lockedMs }) => lockedMs);
  const [{ rows }] = await ask('target', 'select count(*)::int as rows from ev where id >= 0');
  const takenOver = await ask('queue', 'select count(*)::int as n from respool.backfill_turns where epoch > 1');
  console.log(
    JSON.stringify({
      takenOver: takenOver[0].n,
      code,
      states: report.partitions.map(({ state }) => state),
      locked,
      rows,
    }),
  );
} finally {
  asPostgres('pg_ctl', '-D', data, '-m', 'immediate', 'stop');
  rmSync(home, { recursive: true, force: true });
}
