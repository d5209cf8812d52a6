import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalog } from '../../../src/schema/catalog.js';
import { judgePartitionSafety } from '../../../src/schema/partition-safety/judge.js';
import { columnFeeds, readTableShape, readTableShapeFromDdl } from '../../../src/sinks/postgres/table-shape.js';
import { writeCatalog } from '../../schema/partition-safety/catalogs.js';
import { createDatabase } from '../../support/postgres.js';

const DDL = `create table events (event_id uuid not null, name varchar(20) not null, occurred_at timestamptz not null,
  amount numeric(8,2), primary key (event_id, occurred_at)) partition by range (occurred_at);
create table events_1 partition of events for values from ('2024-01-01Z') to ('2024-01-02Z');
create table events_rest partition of events default`;

async function scratch() {
  const folder = await mkdtemp(join(tmpdir(), 'respool-shape-'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test('a server and a DDL file give the same shape', async () => {
  await using database = await createDatabase();
  await using place = await scratch();
  await database.query(DDL);
  await writeFile(join(place.folder, 'events.sql'), DDL);
  const live = await readTableShape(`${database.url}?table=events`, { env: {} });
  const filed = await readTableShapeFromDdl('events.sql', undefined, place.folder);
  expect(filed.shape).toEqual(live.shape);
  expect(live.shape).toMatchObject({
    columns: [
      { name: 'event_id', type: 'uuid', notNull: true },
      { name: 'name', type: 'character varying(20)', maxLength: 20 },
      { name: 'occurred_at', kind: 'timestamptz', notNull: true },
      { name: 'amount', precision: 8, scale: 2, notNull: false },
    ],
    partitioning: { strategy: 'range', columns: ['occurred_at'] },
    keys: [{ name: 'events_pkey', columns: ['event_id', 'occurred_at'] }],
  });
  expect(live.shape.partitioning?.partitions.find(({ isDefault }) => isDefault)).toMatchObject({ rows: 0 });
});

test('the change that makes the partition key optional for one name is refused on a server', async () => {
  await using database = await createDatabase();
  await using place = await scratch();
  await database.query(DDL);
  const read = await readTableShape(`${database.url}?table=events`, { env: {} });
  const mapping = columnFeeds(read, {});
  await writeCatalog(place.folder, { order_placed: { optional: true }, signed_up: {} });
  const catalog = await loadCatalog(place.folder);
  expect(judgePartitionSafety({ catalog, shape: read.shape, fields: {}, mapping }).findings).toMatchObject([
    { code: 'partition_key_optional', name: 'order_placed' },
  ]);
});

test('SQL that cannot be run is refused with its line', async () => {
  await using place = await scratch();
  await writeFile(join(place.folder, 'bad.sql'), 'create table a (b int);\ncreate tabel c (d int);');
  await expect(readTableShapeFromDdl('bad.sql', undefined, place.folder)).rejects.toMatchObject({
    code: 'bad_ddl',
    message: expect.stringContaining('bad.sql:2: the SQL cannot be run: syntax error'),
  });
});
