import PgBoss from 'pg-boss';
import { afterAll, describe, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../../support/postgres.js';
import { type QueueUnderTest, queueContract } from '../queue-contract.js';
import { drain, openQueueOf } from './draining.js';

interface Jobs extends QueueUnderTest {
  readonly database: TestDatabase;
  readonly origin: string;
}

const env = (url: string) => {
  const { hostname, port, username, password, pathname } = new URL(url);
  const names = {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: pathname.slice(1),
  };
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value !== ''));
};

const server = await createDatabase();
const boss = new PgBoss({ connectionString: server.url, supervise: false, schedule: false });
boss.on('error', () => {});
await boss.start();
afterAll(async () => {
  await boss.stop({ graceful: false });
  await server[Symbol.asyncDispose]();
});
let made = 0;

/** A queue of pg-boss 10 whose jobs fail and go to a dead-letter queue, made by pg-boss itself. */
async function pgBoss10(role: 'origin' | 'dead'): Promise<Jobs> {
  const origin = `orders-${++made}`;
  const dead = `${origin}-dead`;
  await boss.createQueue(dead);
  await boss.createQueue(origin, { name: origin, deadLetter: dead, retryLimit: 0 });
  const queue = role === 'dead' ? dead : origin;
  return {
    database: server,
    origin,
    address: `pgboss:${queue}`,
    env: env(server.url),
    async send(bodies) {
      for (const body of bodies) await boss.send(origin, JSON.parse(body));
      for (const { id } of await boss.fetch(origin, { batchSize: bodies.length })) {
        await boss.fail(origin, id, new RangeError('boom'));
      }
    },
    async waiting() {
      const [row] = await server.query(
        `select count(*)::int as n from pgboss.job where name = $1 and state in ('created', 'failed')`,
        [queue],
      );
      return Number(row?.n);
    },
    async [Symbol.asyncDispose]() {},
  };
}

describe('pg-boss', () => {
  queueContract('pgboss: (failed jobs)', () => pgBoss10('origin'), { rewritesJson: true });
  queueContract('pgboss: (a dead-letter queue)', () => pgBoss10('dead'), { rewritesJson: true });

  test('a letter tells what pg-boss knows of a failed job', async () => {
    await using jobs = await pgBoss10('origin');
    await jobs.send(['{"n":12345678901234567890}']);
    const { letters } = await drain(jobs, 'take');

    expect(letters).toMatchObject([
      {
        kind: 'pgboss',
        queue: jobs.origin,
        origin: jobs.origin,
        error: { class: 'RangeError', message: 'boom' },
        deliveries: 1,
      },
    ]);
  });

  test('version 12 links a dead letter to the job that failed: both have the id of the first, and when they expire', async () => {
    await using database = await createDatabase();
    await database.query(PG_BOSS_12);
    const first = '11111111-1111-4111-8111-111111111111';
    await database.query(`insert into pgboss.job (id, name, data, state, completed_on, output) values
      ('${first}', 'orders', '{"n":1}', 'failed', '2026-01-02', '{"name":"Error","message":"boom"}')`);
    await database.query(`insert into pgboss.job (name, data, state, keep_until, source_name, source_id, source_root_id, source_output)
      values ('orders-dead', '{"n":1}', 'created', '2026-01-20', 'orders', '${first}', '${first}', '{"name":"Error","message":"boom"}')`);
    const all = await Promise.all(
      ['orders', 'orders-dead'].map((queue) => drain({ address: `pgboss:${queue}`, env: env(database.url) }, 'take')),
    );

    for (const { letters, tally } of all) {
      expect(letters).toMatchObject([{ id: first, origin: 'orders', error: { class: 'Error', message: 'boom' } }]);
      expect(tally).toMatchObject({ acked: 1 });
    }
    expect(await database.query('select from pgboss.job')).toHaveLength(0);
  });

  test('a job that waits in an ordinary queue is not taken, and a queue that is not there is named', async () => {
    await using jobs = await pgBoss10('origin');
    await jobs.send(['{"n":1}']);
    await jobs.database.query(`insert into pgboss.job (name, data) values ($1, '{"n":2}')`, [jobs.origin]);

    expect((await drain(jobs, 'take')).letters).toMatchObject([{ body: '{"n": 1}' }]);
    await expect(openQueueOf({ address: `pgboss:${jobs.origin}x`, env: jobs.env })).rejects.toMatchObject({
      code: 'source_not_found',
      hint: `did you mean "${jobs.origin}"?`,
    });
  });
});

/** The columns of pg-boss 12 (schema 46) that matter here; its newest version needs a newer Node than this project. */
const PG_BOSS_12 = `
create schema pgboss;
create type pgboss.job_state as enum ('created', 'retry', 'active', 'completed', 'cancelled', 'failed');
create table pgboss.queue (name text primary key, dead_letter text);
insert into pgboss.queue values ('orders-dead', null), ('orders', 'orders-dead');
create table pgboss.job (
  id uuid not null default gen_random_uuid(), name text not null, priority int not null default 0, data jsonb,
  state pgboss.job_state not null default 'created', retry_limit int not null default 2, retry_count int not null default 0,
  retry_delay int not null default 0, retry_backoff bool not null default false, retry_delay_max int,
  expire_seconds int not null default 900, deletion_seconds int not null default 604800, singleton_key text,
  singleton_on timestamp, group_id text, group_tier text, start_after timestamptz not null default now(),
  created_on timestamptz not null default now(), started_on timestamptz, completed_on timestamptz,
  keep_until timestamptz not null default now() + interval '14 days', output jsonb, dead_letter text, policy text,
  heartbeat_on timestamptz, heartbeat_seconds int, blocked bool, source_name text, source_id uuid,
  source_created_on timestamptz, source_retry_count int, source_output jsonb, source_root_id uuid, trace_context jsonb
) partition by list (name);
create table pgboss.job_common partition of pgboss.job default;
alter table pgboss.job_common add primary key (name, id);
`;

/** Tables of libraries whose jobs are rows, cut down to the columns that they are read by. */
const LIBRARIES = [
  {
    jobs: 'graphile-worker',
    sql: `create schema graphile_worker;
      create table graphile_worker._private_tasks (id int primary key, identifier text);
      insert into graphile_worker._private_tasks values (1, 'charge'), (2, 'other');
      create table graphile_worker._private_jobs (id bigint primary key generated always as identity, task_id int,
        payload json, attempts smallint, max_attempts smallint, last_error text, created_at timestamptz default now(),
        updated_at timestamptz default now(), locked_at timestamptz);
      insert into graphile_worker._private_jobs (task_id, payload, attempts, max_attempts, last_error, locked_at) values
        (1, '{"n":1}', 25, 25, 'boom', null), (1, '{"n":2}', 3, 25, 'boom', null), (1, '{"n":3}', 25, 25, 'boom', now()),
        (2, '{"n":4}', 25, 25, 'boom', null)`,
    queue: 'charge',
    letter: { name: 'charge', deliveries: 25, error: { message: 'boom' }, body: '{"n":1}' },
    left: 'select from graphile_worker._private_jobs',
  },
  {
    jobs: 'good-job',
    sql: `create table good_jobs (id uuid primary key default gen_random_uuid(), queue_name text, job_class text,
        serialized_params jsonb, error text, executions_count int, created_at timestamp default now(), finished_at timestamp);
      insert into good_jobs (queue_name, job_class, serialized_params, error, executions_count, finished_at) values
        ('charge', 'ChargeJob', '{"n":1}', E'Stripe::CardError: declined\\nmore', 5, now()), ('charge', 'ChargeJob', '{"n":2}', null, 1, now()),
        ('charge', 'ChargeJob', '{"n":3}', 'RuntimeError: retried', 1, null), ('other', 'ChargeJob', '{"n":4}', 'E: x', 1, now())`,
    queue: 'charge',
    letter: { name: 'ChargeJob', error: { class: 'Stripe::CardError', message: 'declined' }, body: '{"n": 1}' },
    left: 'select from good_jobs',
  },
  {
    jobs: 'solid-queue',
    sql: `create table solid_queue_jobs (id bigint primary key, queue_name text, class_name text, arguments text, created_at timestamp default now());
      create table solid_queue_failed_executions (id bigint primary key, job_id bigint unique references solid_queue_jobs on delete cascade,
        error text, created_at timestamp default now());
      insert into solid_queue_jobs select n, case n when 3 then 'other' else 'charge' end, 'ChargeJob', '{"n":' || n || '}' from generate_series(1, 4) n;
      insert into solid_queue_failed_executions values
        (1, 1, '{"exception_class":"RuntimeError","message":"boom","backtrace":[]}'), (2, 3, '{"exception_class":"E","message":"x"}')`,
    queue: 'charge',
    letter: { name: 'ChargeJob', error: { class: 'RuntimeError', message: 'boom' }, body: '{"n":1}' },
    left: 'select from solid_queue_jobs',
  },
  {
    jobs: 'que',
    sql: `create table que_jobs (id bigint primary key, queue text, job_class text, args jsonb, kwargs jsonb default '{}',
        run_at timestamptz default now(), expired_at timestamptz, error_count int, last_error_message text);
      insert into que_jobs (id, queue, job_class, args, expired_at, error_count, last_error_message) values
        (1, 'charge', 'ChargeJob', '[{"n":1}]', now(), 15, 'RuntimeError: boom'), (2, 'charge', 'ChargeJob', '[]', null, 1, 'x'),
        (3, 'other', 'ChargeJob', '[]', now(), 15, 'x'), (4, 'charge', 'ChargeJob', '[]', null, 0, null)`,
    queue: 'charge',
    letter: {
      name: 'ChargeJob',
      deliveries: 15,
      error: { class: 'RuntimeError', message: 'boom' },
      body: '[{"n": 1}]',
    },
    left: 'select from que_jobs',
  },
];

test.each(LIBRARIES)(
  'dead jobs of $jobs are read and removed, and no others',
  async ({ jobs, sql, queue, letter, left }) => {
    await using database = await createDatabase();
    await database.query(sql);
    const { letters, tally } = await drain({ address: `${database.url}?jobs=${jobs}&queue=${queue}`, env: {} }, 'take');

    expect(letters).toMatchObject([letter]);
    expect(tally).toMatchObject({ acked: 1, left: 0 });
    expect(await database.query(left)).toHaveLength(3);
    expect((await drain({ address: `${database.url}?jobs=${jobs}`, env: {} }, 'take')).letters).toHaveLength(1);
  },
);
