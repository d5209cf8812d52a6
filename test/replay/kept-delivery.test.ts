import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { ACCOUNT, PROJECT, startMixpanel } from '../stand-ins/mixpanel.js';
import { ended, folderWith, spawnRespool } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { replay, until } from './replaying.js';

/** Days without a partition of their own yet. */
const TABLE = `create table events (event_id text not null, name text, occurred_at timestamptz not null, text text,
  primary key (event_id, occurred_at)) partition by range (occurred_at)`;

/** Notes down each thread that the process opens. */
const COUNT_THREADS = `
  const threads = require('node:worker_threads');
  const { Worker } = threads;
  threads.Worker = class extends Worker {
    constructor(...given) {
      require('node:fs').appendFileSync(process.env.THREADS_OPENED, 'x');
      super(...given);
    }
  };
  require('node:module').syncBuiltinESMExports();`;

/** Events of 4 KB over so many days. */
function wide(count: number, days: number): string {
  const text = 'x'.repeat(4_000);
  return Array.from({ length: count }, (_, id) => {
    const occurred_at = new Date(Date.UTC(2020, 0, 1) + Math.floor((id * days * 86_400_000) / count)).toISOString();
    return `${JSON.stringify({ event_id: `e${id}`, name: 'measured', occurred_at, text })}\n`;
  }).join('');
}

async function sessionsOf(database: TestDatabase): Promise<number> {
  const sql = 'select sessions::int as sessions from pg_stat_database where datname = current_database()';
  const [row] = await database.query(sql);
  return Number(row?.sessions);
}

const ours = `from pg_stat_activity where application_name ~ '^respool' and datname = current_database()`;

test('a worker opens the threads and sessions of a replay once for many slices, and holds none when there is nothing to do', async () => {
  await using folder = await folderWith({ 'a.ndjson': wide(12_000, 6), 'count.cjs': COUNT_THREADS });
  await using target = await createDatabase();
  await using queue = await createDatabase();
  await target.query(TABLE);
  const call = { cwd: folder.path };
  const args = ['a.ndjson', '--to', target.url, '--queue', queue.url, '--slice', '9M'];
  await replay([...args, '--detach'], call);
  const [counted] = await queue.query('select count(*)::int as slices from respool.replay_slices');
  expect(counted).toEqual({ slices: 6 });
  const before = await sessionsOf(target);
  const log = join(folder.path, 'threads.txt');
  const env = { NODE_OPTIONS: `--require ${join(folder.path, 'count.cjs')}`, THREADS_OPENED: log };
  const worker = spawnRespool(['worker', '--queue', queue.url, '--to', target.url], { ...call, env });
  const working = ended(worker);
  const { report } = await replay(args, call);

  expect(report).toMatchObject({ complete: true, balanced: true, slices: { done: 6 }, sinks: [{ accepted: 12_000 }] });
  expect(await readFile(log, 'utf8')).toBe('xx');
  const made = `select count(*)::int as partitions from pg_inherits where inhparent = 'events'::regclass`;
  expect(await target.query(made)).toEqual([{ partitions: 6 }]);
  await expect.poll(() => target.query(`select pid ${ours}`), { timeout: 20_000 }).toEqual([]);
  // Two of the worker, and one or two with which the command looked at the table.
  await expect.poll(async () => (await sessionsOf(target)) - before, { timeout: 20_000 }).toBeLessThanOrEqual(4);
  expect(worker.exitCode).toBeNull();
  worker.kill('SIGTERM');
  expect((await working).status).toBe(143);
}, 120_000);

test('sessions that are ended between two slices cost nothing: each event is sent, and none twice', async () => {
  await using folder = await folderWith({ 'a.ndjson': wide(900, 3) });
  await using target = await createDatabase();
  await using queue = await createDatabase();
  await target.query(TABLE);
  const call = { cwd: folder.path };
  const args = ['a.ndjson', '--to', target.url, '--queue', queue.url, '--slice', '1M'];
  await replay([...args, '--detach'], call);
  const worker = spawnRespool(['worker', '--queue', queue.url, '--to', target.url], call);
  const working = ended(worker);
  const states = async () => (await queue.query('select state from respool.replay_slices')).map(({ state }) => state);
  await until(async () => (await states()).includes('working'));
  const client = new pg.Client({ connectionString: queue.url });
  await client.connect();
  let cut = 0;
  try {
    // No job comes to its end, and none is given out.
    await client.query('begin; lock table pgboss.job in share mode');
    await until(async () => !(await states()).includes('working'));
    expect(await states()).toContain('planned');
    cut = (await target.query(`select pg_terminate_backend(pid) ${ours}`)).length;
    await client.query('commit');
  } finally {
    await client.end();
  }
  const { status, report } = await replay(args, call);

  expect(cut).toBeGreaterThan(0);
  expect(status).toBe(0);
  const [sink] = report.sinks;
  expect(sink).toMatchObject({ accepted: 900, duplicate: 0, rejected: 0, unknown: 0, unsent: 0 });
  expect(await target.query('select count(*)::int as rows from events')).toEqual([{ rows: 900 }]);
  worker.kill('SIGTERM');
  expect((await working).stderr).not.toContain('given back');
}, 120_000);

test('what sinks find out in many slices is told once, with the count that one process tells', async () => {
  await using folder = await folderWith({ 'a.ndjson': wide(1_200, 1) });
  await using mixpanel = await startMixpanel({});
  await using queue = await createDatabase();
  const call = { cwd: folder.path, env: { MIXPANEL_SERVICE_ACCOUNT: ACCOUNT, MIXPANEL_PROJECT_ID: PROJECT } };
  const to = `mixpanel:?endpoint=${mixpanel.url}`;
  const args = ['a.ndjson', '--to', to, '--queue', queue.url, '--slice', '1M'];
  await replay([...args, '--detach'], call);
  const worker = ended(spawnRespool(['worker', '--queue', queue.url, '--to', to, '--idle-exit', '1s'], call));
  const { report } = await replay(args, call);
  expect(report).toMatchObject({ complete: true, slices: { done: 5 }, sinks: [{ accepted: 1_200 }] });
  const told = (report.warnings ?? []).filter((warning) => warning.includes('more than 255 characters'));
  expect(told).toEqual([expect.stringMatching(/^1,200 × /u)]);
  expect((await worker).status).toBe(0);
}, 60_000);
