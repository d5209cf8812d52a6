import { expect, test } from 'vitest';
import { openSource } from '../../../src/sources/open.js';
import { createDatabase, type TestDatabase } from '../../support/postgres.js';
import { describeSource } from '../contract.js';
import { readSource, textsOf } from '../reading.js';

/** A table of this suite, gone with its database. */
async function tableOf(sql: string, query = 'table=t'): Promise<{ database: TestDatabase; address: string }> {
  const database = await createDatabase();
  await database.query(sql);
  return { database, address: `${database.url}?${query}` };
}

const shared = tableOf(
  `create table t (id int primary key, note text); insert into t select n, repeat('x', n) from generate_series(1, 1200) n`,
);

describeSource({
  name: 'a table',
  open: async () => openSource([(await shared).address], {}),
  expected: Array.from({ length: 1200 }, (_, at) => `{"id":${at + 1},"note":"${'x'.repeat(at + 1)}"}`),
});

test('rows come as JSON without loss, instants in UTC, whatever the session of the server is set to', async () => {
  const { database, address } = await tableOf(`
    create table t (n numeric, big bigint, f float8, at timestamptz, b bytea, i interval, j jsonb, raw json);
    insert into t values (12345678901234567890.10, 9007199254740993, 0.30000000000000004, '2020-01-01 00:00+01', '\\x01de', '1 day 02:03:04.5',
      '{"k": 1e40, "a.b": null}', E'{"k":1,\\n"k":2}')`);
  await using _ = database;
  const name = new URL(database.url).pathname.slice(1);
  for (const setting of [
    `timezone to 'Asia/Tokyo'`,
    `datestyle to 'German, DMY'`,
    'extra_float_digits to 0',
    'bytea_output to escape',
    'intervalstyle to iso_8601',
  ])
    await database.query(`alter role current_user in database ${name} set ${setting}`);
  await using source = await openSource([address], {});
  expect(textsOf(await readSource(source))).toEqual([
    `{"n":12345678901234567890.10,"big":9007199254740993,"f":0.30000000000000004,"at":"2019-12-31T23:00:00+00:00","b":"\\\\x01de",` +
      `"i":"1 day 02:03:04.5","j":{"k": ${'1'.padEnd(41, '0')}, "a.b": null},"raw":{"k":1,\n"k":2}}`,
  ]);
});

test('a column of whole events is the event, a payload that is only a part of it is not', async () => {
  const { database, address } = await tableOf(`
    create table t (event_id text, payload jsonb); insert into t values ('a', '{"event_id": "a", "n": 1}');
    create table part (event_id text, payload jsonb); insert into part values ('a', '{"n": 1}')`);
  await using _ = database;
  await using whole = await openSource([address], {});
  expect(textsOf(await readSource(whole))).toEqual(['{"n": 1, "event_id": "a"}']);
  await using part = await openSource([address.replace('table=t', 'table=part')], {});
  expect(textsOf(await readSource(part))).toEqual(['{"event_id":"a","payload":{"n": 1}}']);
});

test('columns stand where the address of a sink would take them from', async () => {
  const { database, address } = await tableOf(
    `create table t (id int, fee int, berth text); insert into t values (1, 2, 'mole')`,
    'table=t&column.fee=/properties/fee&column.berth=/properties/berth&id-column=id',
  );
  await using _ = database;
  await using source = await openSource([address], {});
  expect(textsOf(await readSource(source))).toEqual(['{"id":1,"properties":{"fee" : 2, "berth" : "mole"}}']);
});

test('rows that are written while it is read do not appear', async () => {
  const { database, address } = await tableOf('create table t as select n as id from generate_series(1, 3000) n');
  await using _ = database;
  await using source = await openSource([address], {});
  let rows = 0;
  for await (const batch of source.batches([], new AbortController().signal)) {
    if (batch.kind === 'failure') throw batch.error;
    rows += batch.lines ?? 0;
    await database.query('insert into t select n from generate_series(1, 1000) n');
  }
  expect(rows).toBe(3000);
});

test.each([
  ['table=tt', 'no_such_table', /did you mean table=t\?/u],
  ['table=t&colum.x=/y', 'bad_source_option', /column\./u],
  ['table=t&column.x=/y', 'no_such_column', /its columns: id, note/u],
  ['table=t&payload=nope', 'no_such_column', /did you mean "note"|its columns/u],
])('%s is refused: %s', async (query, code, hint) => {
  const address = (await shared).address.replace('table=t', query);
  await expect(openSource([address], {})).rejects.toMatchObject({ code, hint: expect.stringMatching(hint) });
});

test('a table whose rows are hidden from this role is not read as if it were whole', async () => {
  const { database, address } = await tableOf(`
    create table t (id int); insert into t values (1), (2); alter table t enable row level security;
    create policy p on t using (id = 1); create role reader_${process.pid} login; grant select on t to reader_${process.pid}`);
  await using _ = database;
  try {
    const url = new URL(address);
    url.username = `reader_${process.pid}`;
    await using source = await openSource([url.href], {});
    const { failures, records } = await readSource(source);
    expect(records).toEqual([]);
    expect(failures[0]?.error).toMatchObject({
      code: 'source_unreadable',
      message: expect.stringMatching(/row-level security/u),
    });
  } finally {
    await database.query(`drop owned by reader_${process.pid}; drop role reader_${process.pid}`);
  }
});
