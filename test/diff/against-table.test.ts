import { expect, test, vi } from 'vitest';
import { replay } from '../replay/replaying.js';
import { folderWith } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { diffCli } from './comparing.js';

// Each calls whole commands, which a loaded machine needs time for.
vi.setConfig({ testTimeout: 90_000 });

const columns = `(event_id text primary key, occurred_at timestamptz, name text, amount numeric, props jsonb)`;

const event = (n: number): Record<string, unknown> => ({
  event_id: `e${n}`,
  occurred_at: new Date(Date.UTC(2020, 0, 1) + n * 420_000).toISOString(),
  name: n % 3 === 0 ? 'measured, "quoted"' : 'ünïcödé 😀',
  amount: n % 5 === 0 ? n + 0.5 : n,
  props: { n, long_name: [1.5, null, true, 'a\nb\u0001'], b: { ü: -1, zz: {} }, aa: [] },
});

const lines = (all: readonly unknown[]) => all.map((one) => `${JSON.stringify(one)}\n`).join('');
const events = (count: number) => Array.from({ length: count }, (_, at) => event(at + 1));

/** Compares a dump with a table by checksums, and once more by reading all: the two must say the same. */
async function both(database: TestDatabase, left: string, ...args: string[]) {
  await using folder = await folderWith({ 'dump.ndjson': left });
  const table = `${database.url}?table=t`;
  const runs = [];
  for (const extra of [[], ['--where', 'true'], ['--swap']]) {
    const sides = extra[0] === '--swap' ? [table, 'dump.ndjson'] : ['dump.ndjson', table, ...extra];
    runs.push(await diffCli([...sides, ...args], { cwd: folder.path }));
  }
  const [quick, whole, swapped] = runs.map(({ status, report }) => ({ status, report }));
  if (quick === undefined || whole === undefined || swapped === undefined) throw new Error('three runs were made');
  const facts = ({ report }: typeof quick) => {
    const { left: l, right: r, equal, changed, missing, extra, duplicates, classes, fields, days } = report;
    return { l, r, equal, changed, missing, extra, duplicates, classes, fields, days };
  };
  expect(facts(quick)).toEqual(facts(whole));
  expect(quick.status).toBe(whole.status);
  expect(whole.report.checksums).toBeUndefined();
  expect(swapped.report).toMatchObject({
    missing: quick.report.extra,
    extra: quick.report.missing,
    changed: quick.report.changed,
  });
  return quick.report;
}

test('of a table only the rows that may differ from a dump are sent, and the result is that of reading it', async () => {
  await using database = await createDatabase();
  await database.query(`create table t ${columns}`);
  await using folder = await folderWith({ 'dump.ndjson': lines(events(4_000)) });
  await replay(['dump.ndjson', '--to', `${database.url}?table=t`], { cwd: folder.path });
  const equal = await both(database, lines(events(4_000)));
  expect(equal).toMatchObject({ equal: 4_000, exitCode: 0, checksums: { compared: 4_000, fetched: 0 } });

  await database.query(`
    delete from t where event_id in ('e5', 'e3000', 'e4000');
    update t set props = jsonb_set(props, '{b,zz}', '1') where event_id = 'e7';
    update t set amount = amount + 1e-20 where event_id = 'e8';
    update t set occurred_at = occurred_at + interval '1 microsecond' where event_id = 'e9';
    update t set name = null where event_id = 'e10';
    insert into t values ('new', '2020-02-01', 'measured', 1, '{}'), ('bare', null, null, null, null), ('endless', 'infinity', '~', 'NaN', 'null')`);
  const report = await both(database, lines(events(4_000)));
  expect(report).toMatchObject({ missing: 3, changed: 4, extra: 3, equal: 3_993, checksums: { compared: 4_000 } });
  expect(report.checksums?.fetched).toBeLessThan(800);
});

test('keys that occur several times are counted as multisets, whatever is sent of them', async () => {
  await using database = await createDatabase();
  await database.query(`create table t (event_id text, occurred_at timestamptz, n int)`);
  const plain = (n: number) => ({ event_id: `e${n}`, occurred_at: '2020-01-01T00:00:00Z', n });
  const all = Array.from({ length: 900 }, (_, n) => plain(n));
  const dump = [...all, plain(1), plain(1), plain(2), { ...plain(3), n: -3 }];
  await database.query(`insert into t select 'e' || n, '2020-01-01Z', n from generate_series(0, 899) n;
    insert into t values ('e1', '2020-01-01Z', 1), ('e1', '2020-01-01Z', 1), ('e4', '2020-01-01Z', -4), ('e3', '2020-01-01Z', -3), (null, null, 5)`);
  expect(await both(database, lines(dump), '--id', 'event_id')).toMatchObject({
    missing: 1,
    extra: 2,
    changed: 0,
    duplicates: { left: 4, right: 4 },
  });
});

test('what is ignored on either side is no reason to send a row, unless it is the key', async () => {
  await using database = await createDatabase();
  await database.query(`create table t (event_id text, occurred_at timestamptz, n int, added timestamptz default now());
    insert into t select 'e' || n, '2020-01-01Z', n from generate_series(0, 899) n;
    update t set event_id = 'other' where event_id = 'e700'`);
  const dump = Array.from({ length: 900 }, (_, n) => ({
    event_id: `e${n}`,
    occurred_at: '2020-01-01T01:00:00+01:00',
    n,
    seq: -n,
  }));
  const report = await both(database, lines(dump), '--ignore', '/added', '--ignore', '/seq', '--ignore', '/event_id');
  expect(report).toMatchObject({ missing: 1, extra: 1, changed: 0, equal: 899 });
  expect(report.checksums?.fetched).toBeLessThan(200);
  // So few rows share one cell.
  await database.query(`delete from t where n > 9; update t set event_id = 'other' where n = 3`);
  const few = await both(
    database,
    lines(dump.slice(0, 10)),
    '--ignore',
    '/added',
    '--ignore',
    '/seq',
    '--ignore',
    '/event_id',
  );
  expect(few).toMatchObject({ missing: 1, extra: 1, equal: 9 });
});

test('a member without a column makes every event differ, and an object around columns is one', async () => {
  await using database = await createDatabase();
  await database.query(
    `create table t (event_id text, a int); insert into t select 'e' || n, null from generate_series(1, 300) n`,
  );
  const dump = (more: object) => lines(Array.from({ length: 300 }, (_, n) => ({ event_id: `e${n + 1}`, ...more })));
  expect(await both(database, dump({ more: 1 }))).toMatchObject({ changed: 300, equal: 0 });
  expect(await both(database, dump({ a: null }))).toMatchObject({ changed: 0, equal: 300, checksums: { fetched: 0 } });
});

test('whole events in one column, numbers in odd notations, and composite keys come to the same', async () => {
  await using database = await createDatabase();
  await database.query(`create table t (event_id text primary key, occurred_at timestamptz, payload jsonb)`);
  const odd = [
    '1.0',
    '-0.0',
    '1e2',
    '9007199254740993',
    '123456789012345678901234567890.10',
    '0.1',
    '1.50e1',
    '-1.5E-3',
    '0.0e5',
    '12.345e+1',
  ];
  const texts = Array.from(
    { length: 600 },
    (_, n) =>
      `{"payload": 1, "event_id": "e${n}", "occurred_at": "2020-01-01T00:00:00Z", "v": ${odd[n % odd.length]}, "v": ${n}.50, "w": ${odd[n % odd.length]}}`,
  );
  await database.query(`insert into t select e ->> 'event_id', '2020-01-01Z', e from unnest($1::jsonb[]) e`, [texts]);
  const equal = await both(database, texts.join('\n'));
  expect(equal).toMatchObject({ equal: 600, exitCode: 0 });
  expect(equal.checksums).toEqual({ compared: 600, fetched: 0 });
  await database.query(`update t set payload = jsonb_set(payload, '{v}', '7') where event_id = 'e41'`);
  const report = await both(database, texts.join('\n'), '--key', '/event_id', '--key', '/occurred_at');
  expect(report).toMatchObject({ changed: 1, equal: 599 });
});
