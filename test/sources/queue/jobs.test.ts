import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres.js';
import { drain } from './draining.js';

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
