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

test('schemas under which the table refuses nothing pass, on a live server and on its DDL', async () => {
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

test('the partition key becoming optional for one event name is refused, in words', async () => {
  await using folder = await harbour(outage);
  await using database = await createDatabase();
  await database.query(TABLE);
  for (const table of [`${database.url}?table=events`, 'tables.sql']) {
    const { status, report } = await check(['--schema', 'schemas', '--against', table], folder.path);
    const [finding] = report.findings;

    expect(status).toBe(1);
    expect(report.findings).toMatchObject([
      { code: 'partition_key_optional', name: 'sailed', pointer: '/occurred_at' },
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
  expect(report.findings).toMatchObject([{ code: 'schema_breaking', name: 'sailed', pointer: '/occurred_at' }]);
  expect(report.findings[0]).toHaveProperty('witness');
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
