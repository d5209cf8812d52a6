import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { eventOf, events, replay } from './replaying.js';

const TABLE = `create table t (event_id text, occurred_at timestamptz, level_cm smallint check (level_cm <> 13000), primary key (event_id, occurred_at))
  partition by range (occurred_at);
  create table t_1 partition of t for values from ('2020-01-01 00:00+00') to ('2020-01-02 00:00+00')`;
const SCHEMA = JSON.stringify({ type: 'object', properties: { level_cm: { type: 'number' } } });
const line = (change: object) => `${JSON.stringify({ ...eventOf(0), ...change })}\n`;

/** In front of and behind these lines stand thousands of duplicates. */
const IN_THE_MIDDLE = [
  line({ event_id: 'new' }),
  line({ event_id: 'new' }),
  line({ event_id: 'next day', occurred_at: '2020-01-02T00:00:00Z' }),
  line({ event_id: 'e0', level_cm: 70_000 }),
  line({ event_id: 'e0', level_cm: 13_000 }),
  line({ event_id: 'too high', level_cm: 70_000 }),
  line({ event_id: 'unlucky', level_cm: 13_000 }),
  line({ event_id: 'invalid', level_cm: 'high' }),
  line({ event_id: 'e1', occurred_at: eventOf(1).occurred_at, level_cm: 'high' }),
  '{"event_id": "broken", \n',
].join('');

test('a rerun that meets new, refused and invalid events in the middle takes each for what it is', async () => {
  const known = events(8_000);
  const mixed = `${events(5_000)}${IN_THE_MIDDLE}${events(3_000, 5_000)}`;
  await using folder = await folderWith({ 'known.ndjson': known, 'mixed.ndjson': mixed, 'schema.json': SCHEMA });
  await using database = await createDatabase();
  await database.query(TABLE);
  const args = ['--to', `${database.url}?table=t`, '--schema', 'schema.json', '--batch', '500'];
  const first = await replay(['known.ndjson', ...args], { cwd: folder.path });
  expect(first.report.sinks).toMatchObject([{ accepted: 8_000, duplicate: 0 }]);

  const second = await replay(['mixed.ndjson', ...args], { cwd: folder.path });
  expect(second).toMatchObject({
    status: 1,
    report: {
      balanced: true,
      read: 8_010,
      invalid: 2,
      undecodable: 1,
      sinks: [{ accepted: 2, duplicate: 8_003, rejected: 2 }],
      quarantine: { events: 5 },
    },
  });
  const quarantine = await readFile(join(folder.path, second.report.quarantine?.path ?? ''), 'utf8');
  expect(quarantine).toContain('too high');
  expect(quarantine).toContain('sqlstate_23514');
  expect(await newIn(database)).toEqual([
    { event_id: 'new', at: '2020-01-01T00:00:00.000000', level_cm: 0 },
    { event_id: 'next day', at: '2020-01-02T00:00:00.000000', level_cm: 0 },
  ]);

  // Whatever stands in the dump by now is known or refused: the sum of all ids is the first one's.
  const third = await replay(['mixed.ndjson', ...args, '--fresh'], { cwd: folder.path });
  expect(third.report.sinks).toMatchObject([{ accepted: 0, duplicate: 8_005, rejected: 2 }]);
  expect(third.report.sinks[0]?.checksum).toBe(second.report.sinks[0]?.checksum);
});

test('rows of CSV that are new among known ones are written whole', async () => {
  const rows = (count: number, from = 0) =>
    Array.from({ length: count }, (_, at) => `e${from + at},${eventOf(from + at).occurred_at},${from + at}\n`).join('');
  const odd = [
    'new,2020-01-01T00:00:00Z,1',
    '"quoted ""new""",2020-01-01T00:00:00Z,2',
    'high,2020-01-01T00:00:00Z,70000',
  ];
  const header = 'event_id,occurred_at,level_cm\n';
  await using folder = await folderWith({
    'known.csv': header + rows(8_000),
    'mixed.csv': `${header}${rows(5_000)}${odd.join('\n')}\n${rows(1, 7)}${rows(3_000, 5_000)}`,
    'schema.json': SCHEMA,
  });
  await using database = await createDatabase();
  await database.query(TABLE);
  const args = ['--to', `${database.url}?table=t`, '--schema', 'schema.json', '--batch', '500'];
  await replay(['known.csv', ...args], { cwd: folder.path });

  const { report } = await replay(['mixed.csv', ...args], { cwd: folder.path });
  expect(report.sinks).toMatchObject([{ accepted: 2, duplicate: 8_001, rejected: 1 }]);
  expect(await newIn(database)).toEqual([
    { event_id: 'new', at: '2020-01-01T00:00:00.000000', level_cm: 1 },
    { event_id: 'quoted "new"', at: '2020-01-01T00:00:00.000000', level_cm: 2 },
  ]);
});

test('a rerun stops at its limit among duplicates, and goes on behind it', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(6_000) });
  await using database = await createDatabase();
  await database.query(TABLE);
  const args = ['dump.ndjson', '--to', `${database.url}?table=t`, '--batch', '300'];
  await replay(args, { cwd: folder.path });

  const limited = await replay([...args, '--fresh', '--limit', '4100'], { cwd: folder.path });
  expect(limited.report).toMatchObject({ read: 4_100, sinks: [{ accepted: 0, duplicate: 4_100 }] });
});

test('beside another sink, which takes every event whole, duplicates are looked up by their keys', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(6_000) });
  await using database = await createDatabase();
  await database.query(TABLE);
  const args = ['dump.ndjson', '--to', `${database.url}?table=t`, '--batch', '300'];
  await replay(args, { cwd: folder.path });

  const both = await replay([...args, '--to', 'file:out.ndjson', '--fresh'], { cwd: folder.path });
  expect(both.report.sinks).toMatchObject([{ duplicate: 6_000 }, { accepted: 6_000 }]);
  expect(await readFile(`${folder.path}/out.ndjson`, 'utf8')).toBe(events(6_000));
});

function newIn(database: TestDatabase): Promise<readonly object[]> {
  const at = `to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') as at`;
  return database.query(`select event_id, ${at}, level_cm from t where event_id !~ '^e\\d' order by 1`);
}
