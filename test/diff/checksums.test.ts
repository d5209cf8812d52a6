import { expect, test, vi } from 'vitest';
import { folderWith } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { diffCli } from './comparing.js';

// Each calls whole commands, which a loaded machine needs time for.
vi.setConfig({ testTimeout: 90_000 });

const table = `(event_id text not null, occurred_at timestamptz, name text, props jsonb)`;
const rows = (from: number, to: number) =>
  `select 'e' || n, timestamptz '2020-01-01 00:00Z' + n * interval '7 minutes', 'measured', jsonb_build_object('n', n, 'b', 'x')
   from generate_series(${from}, ${to}) n`;

/** Compares tables a and b by checksums, and once more by reading both whole: the two must say the same. */
async function both(url: string, ...args: string[]) {
  await using folder = await folderWith();
  const sides = [`${url}?table=a`, `${url}?table=b`, ...args];
  const quick = await diffCli(sides, { cwd: folder.path });
  // Nothing is that young; but a time that depends on the clock cannot be left to checksums.
  const whole = await diffCli([...sides, '--settle', '1us'], { cwd: folder.path });
  const facts = ({
    left,
    right,
    equal,
    changed,
    missing,
    extra,
    duplicates,
    classes,
    fields,
    days,
  }: typeof quick.report) => ({
    left,
    right,
    equal,
    changed,
    missing,
    extra,
    duplicates,
    classes,
    fields,
    days,
  });
  expect(facts(quick.report)).toEqual(facts(whole.report));
  expect(quick.status).toBe(whole.status);
  expect(whole.report.checksums).toBeUndefined();
  return quick.report;
}

test('of two tables only the rows that may differ are sent, and the result is that of reading both', async () => {
  await using database = await createDatabase();
  await database.query(`
    create table a ${table}; alter table a add primary key (event_id); insert into a ${rows(1, 6_000)};
    create table b (like a including all); insert into b select * from a order by random();
    delete from b where event_id in ('e5', 'e3000', 'e6000');
    update b set props = props || '{"n": -1}' where event_id in ('e7', 'e4500');
    update b set occurred_at = occurred_at + interval '3 days' where event_id = 'e3500';
    insert into b values ('new', '2020-02-01', 'measured', '{}'), ('timeless', null, 'measured', '{}'), ('endless', 'infinity', null, '{}')`);
  const report = await both(database.url);
  expect(report).toMatchObject({ missing: 3, changed: 3, extra: 3, equal: 5_994, checksums: { compared: 12_000 } });
  expect(report.checksums?.fetched).toBeLessThan(2_000);
});

test('rows of one key that lie in other cells are looked at as well', async () => {
  await using database = await createDatabase();
  await database.query(`
    create table a ${table}; insert into a ${rows(1, 2_000)}; insert into a ${rows(1, 10)};
    create table b ${table}; insert into b select * from a;
    insert into b select event_id, occurred_at + interval '10 days', name, props from a where event_id = 'e100';
    delete from b where event_id = 'e200'; insert into b select event_id, null, name, props from a where event_id = 'e200'`);
  const report = await both(database.url);
  expect(report).toMatchObject({ changed: 1, extra: 1, missing: 0, duplicates: { left: 10, right: 11 } });
  expect(report.classes).toMatchObject({ duplicate: 1 });
});

test('tables of whole events, and tables whose columns are of other types, come to the same', async () => {
  await using database = await createDatabase();
  await database.query(`
    create table a (event_id text primary key, occurred_at timestamptz, payload jsonb);
    insert into a select 'e' || n, timestamptz '2020-01-01Z' + n * interval '1 hour', jsonb_build_object('event_id', 'e' || n, 'n', n) from generate_series(1, 2000) n;
    create table b (like a including all); insert into b select * from a; delete from b where event_id = 'e77'`);
  expect(await both(database.url)).toMatchObject({ missing: 1, equal: 1_999 });
  await database.query(
    `alter table b rename to c; create table b (event_id varchar primary key, at date, payload json); insert into b select event_id, occurred_at::date, payload::json from c`,
  );
  expect(await both(database.url)).toMatchObject({ missing: 1, equal: 1_999 });
});

test('both tables are seen as they were at one instant, whoever writes meanwhile', async () => {
  await using database = await createDatabase();
  await using folder = await folderWith();
  await database.query(
    `create table a ${table}; create table b ${table}; insert into a ${rows(1, 3_000)}; insert into b select * from a`,
  );
  let isWriting = true;
  const writer = (async () => {
    for (let n = 10_000; isWriting; n++) {
      await database.query(`begin; insert into a ${rows(n, n)}; insert into b ${rows(n, n)}; commit`);
    }
  })();
  try {
    for (const args of [[], ['--settle', '1us'], []]) {
      const { status, report } = await diffCli([`${database.url}?table=a`, `${database.url}?table=b`, ...args], {
        cwd: folder.path,
      });
      expect(report).toMatchObject({ missing: 0, extra: 0, changed: 0 });
      expect(status).toBe(0);
    }
  } finally {
    isWriting = false;
    await writer;
  }
});
