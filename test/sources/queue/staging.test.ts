import pg from 'pg';
import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres.js';
import { startProxy } from '../../support/tcp-proxy.js';
import { type QueueUnderTest, queueContract } from '../queue-contract.js';
import { drain, openQueueOf } from './draining.js';

const signal = new AbortController().signal;

interface Table extends QueueUnderTest {
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

/** A staging table of a database of its own, with a column `done` of some type. */
async function staging(columns = 'id bigserial primary key, payload text, done boolean', query = ''): Promise<Table> {
  const database = await createDatabase();
  await database.query(`create table staging (${columns})`);
  return {
    address: `${database.url}?table=staging&processed=done${query}`,
    env: {},
    query: database.query,
    async send(bodies) {
      await database.query('insert into staging (payload) select unnest($1::text[])', [[...bodies]]);
    },
    async waiting() {
      const [row] = await database.query('select count(*)::int as n from staging where done is not true');
      return Number(row?.n);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

queueContract('postgres: (a staging table)', () => staging());

test('rows are marked in the type of their column, and none is removed', async () => {
  for (const [type, done] of [
    ['boolean default false', 'true'],
    ['timestamptz', 'now()'],
    ['smallint default 0', '1'],
  ]) {
    await using table = await staging(`id int primary key generated always as identity, payload jsonb, done ${type}`);
    await table.query(
      `insert into staging (payload, done) values ('[{"n":1},{"n":2}]', default), ('{"n":3}', ${done})`,
    );
    const { letters, tally } = await drain(table, 'take');

    expect(letters).toMatchObject([{ kind: 'postgres', queue: 'staging', id: '1', body: '[{"n": 1}, {"n": 2}]' }]);
    expect(tally).toMatchObject({ acked: 1 });
    expect((await drain(table, 'take')).letters).toEqual([]);
    expect(await table.query('select from staging')).toHaveLength(2);
  }
});

test('keys of several columns, also of a partitioned table, and a body that is named', async () => {
  await using table = await staging(
    'a int, payload jsonb, other jsonb, done bool, b text, primary key (b, a)',
    '&body=other',
  );
  await table.query(
    `insert into staging (a, b, other) select n % 50, 'x"' || n / 50, jsonb_build_object('n', n) from generate_series(0, 2499) n`,
  );
  const { letters, tally } = await drain(table, 'take');

  expect(new Set(letters.map(({ body }) => body)).size).toBe(2_500);
  expect(tally).toMatchObject({ acked: 2_500, left: 0 });
});

test('without a column of JSON the row itself is the event', async () => {
  await using table = await staging('id int primary key, name varchar, done bool');
  await table.query(`insert into staging values (1, 'order.paid')`);
  const { letters } = await drain(table, 'take');

  expect(JSON.parse(String(letters[0]?.body))).toEqual({ id: 1, name: 'order.paid' });
});

test('rows that another session holds are left to it', async () => {
  await using table = await staging();
  await table.send(['{"n":1}', '{"n":2}', '{"n":3}']);
  await using first = await openQueueOf(table);
  const reading = first.batches([], signal)[Symbol.asyncIterator]();
  const held = await reading.next();
  expect(held.value).toMatchObject({ lines: 3 });

  expect((await drain(table, 'take')).letters).toEqual([]);
  expect(await table.waiting()).toBe(3);
});

test('rows of a process that died are free again at once', async () => {
  await using table = await staging();
  await table.send(['{"n":1}']);
  await using first = await openQueueOf(table);
  await first.batches([], signal)[Symbol.asyncIterator]().next();
  const ended = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`;
  expect(await table.query(ended)).toHaveLength(1);

  expect((await drain(table, 'take')).tally).toMatchObject({ acked: 1 });
});

test('rows whose session broke are removed in another one, but for those that somebody else has taken', async () => {
  await using table = await staging();
  await table.send(['{"n":1}', '{"n":2}']);
  await using source = await openQueueOf(table);
  for await (const batch of source.batches([], signal)) {
    if (batch.kind === 'failure') throw batch.error;
    await table.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
    );
    const other = new pg.Client(table.address.replace(/\?.*/u, ''));
    await other.connect();
    await other.query('begin; select from staging where id = 1 for update');
    await batch.settle({ takenLines: [0, 1], quarantinedLines: [] });
    await other.end();
  }

  expect(source.tally?.()).toMatchObject({ acked: 1, left: 1, comesBack: 1 });
  expect(await table.waiting()).toBe(1);
});

test.each([
  ['lost', true],
  ['never sent', false],
])('a commit whose answer is %s leaves numbers that are those of the table', async (_, forward) => {
  await using table = await staging();
  await table.send(Array.from({ length: 50 }, (__, n) => `{"n":${n}}`));
  await using proxy = await startProxy(table.address);
  await using source = await openQueueOf({ address: proxy.url, env: {} });
  for await (const batch of source.batches([], signal)) {
    if (batch.kind === 'failure') throw batch.error;
    proxy.cutBehind('commit', { forward });
    await batch.settle({ takenLines: Array.from({ length: batch.lines ?? 0 }, (__, n) => n), quarantinedLines: [] });
  }

  expect(proxy.cuts).toBe(1);
  expect(source.tally?.()).toMatchObject({ acked: 50, left: 0, notes: [] });
  expect(await table.waiting()).toBe(0);
});

test('what stays in the table is not locked for the rest of the run', async () => {
  await using table = await staging();
  await table.send(Array.from({ length: 2_500 }, (_, n) => `{"n":${n}}`));
  await using source = await openQueueOf(table);
  for await (const batch of source.batches([], signal)) {
    if (batch.kind === 'failure') throw batch.error;
    const lines = Array.from({ length: batch.lines ?? 0 }, (_, line) => line);
    await batch.settle({
      takenLines: lines.filter((line) => line % 2 === 0),
      quarantinedLines: lines.filter((line) => line % 2 === 1),
    });
  }
  const free = await table.query('select from staging where done is not true for update skip locked');

  expect(free).toHaveLength(1_250);
  expect(source.tally?.()).toMatchObject({ acked: 1_250, left: 1_250 });
});

test('several processes share a table, and each row is taken once', async () => {
  await using table = await staging();
  await table.send(Array.from({ length: 6_000 }, (_, n) => `{"n":${n}}`));
  const drained = await Promise.all([drain(table, 'take'), drain(table, 'take'), drain(table, 'take')]);
  const bodies = drained.flatMap(({ letters }) => letters.map(({ body }) => body));
  const { letters: rest } = await drain(table, 'take');

  expect(new Set(bodies).size).toBe(bodies.length);
  expect(bodies.length + rest.length).toBe(6_000);
  expect(await table.waiting()).toBe(0);
});

test.each([
  ['table=nowhere&processed=done', 'source_not_found', /no table nowhere/],
  ['table=staging&processed=don', 'bad_source_option', /no column don/],
  ['table=staging&processed=payload', 'bad_source_option', /cannot tell which rows are done/],
  ['table=staging&processed=done&boddy=x', 'bad_source_option', /no option "boddy"/],
  ['table=nokey&processed=done', 'bad_source_option', /no primary key/],
])('an address that cannot be read says why: %s', async (query, code, message) => {
  await using table = await staging();
  await table.query('create table nokey (payload jsonb, done bool)');
  const address = table.address.replace(/\?.*/u, `?${query}`);

  await expect(openQueueOf({ address, env: {} })).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
});

test('the right to mark rows is asked for before anything is read, and not for a mere look', async () => {
  await using table = await staging();
  await table.send(['{"n":1}']);
  const role = `reader_${Date.now()}`;
  await table.query(`create role ${role} login; grant select on staging to ${role}`);
  try {
    const address = table.address.replace(/\/\/[^@/]*@/u, `//${role}@`);
    await expect(openQueueOf({ address, env: {} })).rejects.toMatchObject({
      code: 'source_permission_denied',
      exitCode: 2,
    });
  } finally {
    await table.query(`drop owned by ${role}; drop role ${role}`);
  }
});

test('more rows than keys are looked up at once are read once each, whatever comes in between them', async () => {
  await using table = await staging('id uuid primary key default gen_random_uuid(), payload text, done boolean');
  await table.query(`insert into staging (payload) select '{"n":' || n || '}' from generate_series(1, 41000) n`);
  await using source = await openQueueOf(table);
  let lines = 0;
  for await (const batch of source.batches([], signal)) {
    if (batch.kind === 'failure') throw batch.error;
    lines += batch.lines ?? 0;
    // Behind what has been looked up, in the midst of what is still to come.
    if (lines === 1_000) await table.query(`insert into staging (payload) select '{}' from generate_series(1, 4000)`);
    await batch.settle({ takenLines: Array.from({ length: batch.lines ?? 0 }, (_, n) => n), quarantinedLines: [] });
  }

  expect(await table.query(`select from staging where done is not true and payload <> '{}'`)).toEqual([]);
  expect(lines).toBe(45_000 - (await table.waiting()));
  expect(source.tally?.()).toMatchObject({ acked: lines, left: 0 });
});
