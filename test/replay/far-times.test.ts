import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backfill } from '../backfill/backfilling.js';
import { folderWith, respool } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { replay } from './replaying.js';

const TABLE = `create table t (event_id text, occurred_at timestamptz, level_cm integer, primary key (event_id, occurred_at)) partition by range (occurred_at);
  create table t_1 partition of t for values from ('5000-01-01 00:00+00') to ('5000-01-02 00:00+00')`;
const DAYS = ['1600-02-29', '2300-05-06', '5000-01-01', '5000-01-02', '9999-12-31'];
const CLOCKS = ['00:00:00.000001', '11:12:13.141516', '23:59:59.999998', '23:59:59.999999'];
const TIMES = DAYS.flatMap((day) => CLOCKS.map((clock) => `${day}T${clock}Z`));
const events = TIMES.map((occurred_at, at) => ({ event_id: `e${at % 2}`, occurred_at, level_cm: at }));
const NDJSON = events.map((event) => `${JSON.stringify(event)}\n`).join('');
const CSV = `event_id,occurred_at,level_cm\n${events.map((event) => `${Object.values(event).join(',')}\n`).join('')}`;
const SCHEMA = JSON.stringify({ type: 'object', properties: { level_cm: { type: 'integer' } } });

async function openPlace() {
  const folder = await folderWith({ 'dump.ndjson': NDJSON, 'dump.csv': CSV, 'schema.json': SCHEMA });
  const database = await createDatabase();
  await database.query(TABLE);
  return {
    database,
    cwd: folder.path,
    to: ['--to', `${database.url}?table=t`, '--schema', 'schema.json', '--id', 'event_id'],
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('a dump with times far away is delivered once, as NDJSON and as CSV, and its partitions are those of the exact time', async () => {
  await using place = await openPlace();
  const { database, cwd, to } = place;
  const first = await replay(['dump.ndjson', ...to], { cwd });
  expect(first).toMatchObject({ status: 0, report: { sinks: [{ accepted: TIMES.length, duplicate: 0 }] } });
  expect(await timesIn(database)).toEqual(TIMES);
  const parts = await database.query('select occurred_at::date::text as day from t group by 1, tableoid');
  expect(parts).toHaveLength(DAYS.length);

  for (const dump of ['dump.ndjson', 'dump.csv']) {
    const again = await replay([dump, ...to, '--fresh'], { cwd });
    expect(again.report.sinks).toMatchObject([{ accepted: 0, duplicate: TIMES.length }]);
  }
  await database.query('truncate t');
  const csv = await replay(['dump.csv', ...to, '--fresh'], { cwd });
  expect(csv.report.sinks).toMatchObject([{ accepted: TIMES.length, duplicate: 0 }]);
  expect(await timesIn(database)).toEqual(TIMES);
});

test('diff tells times far away apart by the microsecond, and not more than that', async () => {
  await using place = await openPlace();
  const { database, cwd, to } = place;
  await replay(['dump.ndjson', ...to], { cwd });
  const compare = (...more: string[]) =>
    respool(
      [
        'diff',
        'dump.ndjson',
        `${database.url}?table=t`,
        '--key',
        'event_id',
        '--key',
        'level_cm',
        '--output',
        'json',
        ...more,
      ],
      { cwd },
    );
  const same = await compare();
  expect(JSON.parse(same.stdout)).toMatchObject({ equal: TIMES.length, changed: 0, missing: 0, extra: 0 });

  await database.query(`update t set occurred_at = occurred_at - interval '1 microsecond' where level_cm = 9`);
  const other = await compare();
  expect(JSON.parse(other.stdout)).toMatchObject({
    equal: TIMES.length - 1,
    changed: 1,
    fields: [{ pointer: '/occurred_at' }],
  });
  expect(JSON.parse((await compare('--time-tolerance', '1us')).stdout)).toMatchObject({
    equal: TIMES.length,
    changed: 0,
  });
});

test('a backfill over times far away verifies what it wrote, and sees a key that is a microsecond off', async () => {
  await using place = await openPlace();
  const { database, cwd, to } = place;
  const range = ['--since', '5000-01-01', '--until', '5000-01-03', '--yes'];
  const done = await backfill(['dump.ndjson', ...to, ...range], { cwd });
  expect(done).toMatchObject({ status: 0, report: { partitions: [{ verified: true }, { verified: true }] } });
  expect(await timesIn(database)).toEqual(TIMES.filter((time) => time.startsWith('5000')));

  await database.query(`update t set occurred_at = occurred_at - interval '1 microsecond' where level_cm = 9`);
  const verified = await backfill(['verify', done.report.run], { cwd });
  expect(verified.status).not.toBe(0);
  expect(verified.stdout + verified.stderr).toMatch(/8 found|7 found|3 found|≠/u);
});

test('a time that an envelope gave outlives the quarantine with all of its digits', async () => {
  await using place = await openPlace();
  const { database, cwd, to } = place;
  const times = ['2024-01-01T00:00:00.000001Z', '2024-01-01T00:00:00.120Z', '5000-01-01T23:59:59.999999Z'];
  const letters = times.map((time, at) =>
    JSON.stringify({ specversion: '1.0', id: `c${at}`, source: 'x', type: 'tide', time, data: { level_cm: 'high' } }),
  );
  await writeFile(join(cwd, 'letters.ndjson'), `${letters.join('\n')}\n`);
  await writeFile(join(cwd, 'rules.yaml'), 'rules: [{ name: flat, do: [{ set: { /level_cm: 1 } }] }]');
  const { report } = await replay(['letters.ndjson', ...to], { cwd });
  expect(report.quarantine?.events).toBe(3);
  const fix = ['--repair', 'rules.yaml'];
  const mended = await replay([report.quarantine?.path ?? '', ...to, ...fix], { cwd });
  expect(mended.report.sinks).toMatchObject([{ accepted: 3 }]);
  const direct = await replay(['letters.ndjson', ...to, ...fix, '--fresh'], { cwd });
  expect(direct.report.sinks).toMatchObject([{ accepted: 0, duplicate: 3 }]);
  expect(await timesIn(database)).toEqual([times[0], times[1]?.replace('Z', '000Z'), times[2]]);
});

test('a limit in time that cannot be kept to the microsecond is refused', async () => {
  await using place = await openPlace();
  const { status, stderr } = await respool(
    ['replay', 'dump.ndjson', ...place.to, '--since', '5000-01-01T00:00:00.000001Z'],
    { cwd: place.cwd },
  );
  expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining('whole seconds') });
});

async function timesIn(database: TestDatabase): Promise<readonly string[]> {
  const rows = await database.query(
    `set timezone = 'UTC'; select to_char(occurred_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from t order by occurred_at`,
  );
  return rows.map(({ at }) => String(at));
}
