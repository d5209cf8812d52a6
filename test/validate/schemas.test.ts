import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { check } from './checking.js';

const TABLE = `create table events (
  event_id text not null, occurred_at timestamptz not null, name text, payload jsonb,
  primary key (event_id, occurred_at)
) partition by range (occurred_at);
create table events_2019 partition of events for values from ('2019-01-01') to ('2020-01-01');
`;

const envelope = (required: readonly string[]) => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required,
  properties: {
    event_id: { type: 'string' },
    name: { type: 'string' },
    occurred_at: { type: 'string', format: 'date-time' },
  },
});

/** Schemas for two names; `required` is what each demands beside id and name. */
async function harbour(required: { readonly berthed: readonly string[]; readonly sailed: readonly string[] }) {
  const folder = await folderWith({ 'tables.sql': TABLE });
  await mkdir(join(folder.path, 'schemas/events'), { recursive: true });
  const files = {
    'envelope.schema.json': envelope(['event_id', 'name']),
    'events/berthed.schema.json': { type: 'object', required: required.berthed },
    'events/sailed.schema.json': { type: 'object', required: required.sailed },
  };
  for (const [name, schema] of Object.entries(files)) {
    await writeFile(join(folder.path, 'schemas', name), JSON.stringify(schema));
  }
  return folder;
}

const safe = { berthed: ['occurred_at'], sailed: ['occurred_at'] };
const outage = { berthed: ['occurred_at'], sailed: [] };

test('schemas under which the table refuses nothing pass, on a live server and on its DDL', {
  timeout: 180_000,
}, async () => {
  await using folder = await harbour(safe);
  await using database = await createDatabase();
  await database.query(TABLE);
  for (const table of [`${database.url}?table=events`, 'tables.sql']) {
    expect(await check(['--schema', 'schemas', '--against', table], folder.path)).toMatchObject({
      status: 0,
      report: { findings: [] },
    });
  }
});

test('the partition key becoming optional for one event name is refused, in words', { timeout: 180_000 }, async () => {
  await using folder = await harbour(outage);
  await using database = await createDatabase();
  await database.query(TABLE);
  for (const table of [`${database.url}?table=events`, 'tables.sql']) {
    const { status, report } = await check(['--schema', 'schemas', '--against', table], folder.path);
    const [finding] = report.findings;

    expect(status).toBe(1);
    expect(report.findings).toMatchObject([
      {
        code: 'partition_key_optional',
        name: 'sailed',
        pointer: '/occurred_at',
        source: 'schemas/events/sailed.schema.json',
      },
    ]);
    expect(finding?.message).toContain('"occurred_at" may be missing');
  }
});

test('a change of the schemas is held against the commit before it, and shows an event that proves it', async () => {
  await using folder = await harbour(safe);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], { cwd: folder.path, stdio: 'pipe' });
  git('init', '-q');
  git('add', '.');
  git('commit', '-q', '-m', 'safe');
  const same = await check(['--schema', 'schemas', '--before', 'HEAD'], folder.path);
  await writeFile(join(folder.path, 'schemas/events/sailed.schema.json'), '{"type":"object","required":[]}');
  const { status, report } = await check(['--schema', 'schemas', '--before', 'HEAD'], folder.path);

  expect(same).toMatchObject({ status: 0, report: { findings: [] } });
  expect(status).toBe(1);
  expect(report.findings).toMatchObject([
    {
      code: 'schema_breaking',
      name: 'sailed',
      pointer: '/occurred_at',
      source: 'schemas/events/sailed.schema.json',
    },
  ]);
  expect(report.findings[0]).toHaveProperty('witness');
});

test('a change is run over the events that are there: how many it would newly refuse, and where the first is', async () => {
  const before = { type: 'object', properties: { crew: { type: 'number' } } };
  const after = { type: 'object', properties: { crew: { type: 'integer' }, berth: true } };
  const lines = [1, 2.5, 'x', 3.5, 4].map((crew) => JSON.stringify({ name: 'berthed', crew }));
  await using folder = await folderWith({
    'before.json': JSON.stringify(before),
    'after.json': JSON.stringify(after),
    'dump.ndjson': lines.join('\n'),
  });
  const newly = await check(['dump.ndjson', '--schema', 'after.json', '--before', 'before.json'], folder.path);
  const again = await check(['dump.ndjson', '--schema', 'before.json', '--before', 'after.json'], folder.path);

  expect(newly.report.findings[0]).toMatchObject({
    code: 'newly_refused',
    message: 'the change would newly refuse 2 of 5 events, first at dump.ndjson:2 (berthed 2)',
  });
  expect(again.report).toMatchObject({
    notes: [
      'the change would refuse none of the 5 events that were read',
      'the change would newly accept 2 of 5 events, first at dump.ndjson:2 (berthed 2)',
    ],
  });
});

test('fixtures must land in partitions that are there or can be made', async () => {
  await using folder = await harbour(safe);
  await mkdir(join(folder.path, 'fixtures'));
  const at = (time: string) => JSON.stringify({ event_id: time, name: 'berthed', occurred_at: time });
  for (const year of [2019, 2024]) {
    await writeFile(join(folder.path, `fixtures/${year}.json`), at(`${year}-05-01T12:00:00Z`));
  }
  await using database = await createDatabase();
  await database.query(TABLE);
  const args = ['--fixtures', 'fixtures', '--schema', 'schemas', '--against', `${database.url}?table=events`];
  const makes = await check(args, folder.path);
  await database.query('drop table events_2019');
  const cannot = await check(args, folder.path);

  expect(makes).toMatchObject({
    status: 0,
    report: { notes: expect.arrayContaining([expect.stringMatching(/1 valid event .*replay makes it.*2024\.json:1/)]) },
  });
  expect(cannot).toMatchObject({
    status: 1,
    report: { findings: [{ code: 'event_without_partition', message: expect.stringContaining('2 valid events') }] },
  });
});

test('what a schema redacts is told nowhere', async () => {
  const schema = { properties: { secret: { type: 'integer', 'x-respool': { redact: true } } } };
  await using folder = await folderWith({
    'schema.json': JSON.stringify(schema),
    'dump.ndjson': '{"secret":"hunter2"}\n{"secret":7}\n',
  });
  const { status, report } = await check(['dump.ndjson', '--schema', 'schema.json'], folder.path);

  expect(status).toBe(1);
  expect(JSON.stringify(report)).not.toContain('hunter2');
});
