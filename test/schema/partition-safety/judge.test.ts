import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadCatalog } from '../../../src/schema/catalog.js';
import { judgePartitionSafety } from '../../../src/schema/partition-safety/judge.js';
import { daysUntilPartitionsRunOut } from '../../../src/schema/partition-safety/table-findings.js';
import type { ColumnFeed, ShapeColumn, TableShape } from '../../../src/schema/partition-safety/table-shape.js';
import { folderWith } from '../../support/cli.js';
import { type EventCase, writeCatalog } from './catalogs.js';

const DAY_US = 86_400_000_000;

function column(name: string, kind: ShapeColumn['kind'], more: Partial<ShapeColumn> = {}): ShapeColumn {
  const open = { maxLength: undefined, precision: undefined, scale: undefined, defaultText: undefined };
  return { name, type: kind, kind, ...open, notNull: true, isGenerated: false, ...more };
}

const SHAPE: TableShape = {
  name: 'events',
  columns: [
    column('event_id', 'uuid'),
    column('name', 'text', { type: 'character varying(20)', maxLength: 20 }),
    column('occurred_at', 'timestamptz'),
    column('amount', 'numeric', { type: 'numeric(8,2)', precision: 8, scale: 2, notNull: false }),
  ],
  partitioning: {
    strategy: 'range',
    columns: ['occurred_at'],
    partitions: [{ name: 'p', bounds: '', fromUs: 0, toUs: 3 * DAY_US, isDefault: false, rows: undefined }],
  },
  keys: [{ name: 'events_pkey', columns: ['event_id', 'occurred_at'] }],
};
const MAPPING: readonly ColumnFeed[] = [
  { column: 'event_id', source: { kind: 'id' } },
  { column: 'name', source: { kind: 'name' } },
  { column: 'occurred_at', source: { kind: 'time' } },
  { column: 'amount', source: { kind: 'pointer', pointer: ['amount'] } },
];

async function judge(events: Readonly<Record<string, EventCase>>, more: object = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'respool-safety-'));
  try {
    await writeCatalog(folder, events);
    const catalog = await loadCatalog(folder);
    return judgePartitionSafety({ catalog, shape: SHAPE, fields: {}, mapping: MAPPING, ...more });
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a safe catalogue has no finding', async () => {
  expect(await judge({ order_placed: {}, signed_up: {} })).toEqual({ findings: [], warnings: [], notes: [] });
});

test('exactly the name whose partition key becomes optional is refused', async () => {
  const { findings } = await judge({ order_placed: { optional: true }, signed_up: {} });
  expect(findings).toEqual([
    {
      code: 'partition_key_optional',
      name: 'order_placed',
      source: 'events/order_placed.schema.json',
      pointer: '/occurred_at',
      message:
        'order_placed: "occurred_at" may be missing (it is not in "required" of events/order_placed.schema.json): it is the partition key of "events", and Postgres refuses every row without it',
    },
  ]);
});

test.each([
  ['null', { type: ['string', 'null'] }, 'partition_key_nullable'],
  ['one of alternatives null', { anyOf: [{ type: 'string' }, { type: 'null' }] }, 'partition_key_nullable'],
])('exactly the name whose partition key becomes %s is refused', async (_, time, code) => {
  const { findings } = await judge({ order_placed: { time }, signed_up: {} });
  expect(findings.map((each) => [each.name, each.code])).toEqual([['order_placed', code]]);
});

test.each([
  ['varchar', { name: column('name', 'text', { maxLength: 10 }) }, 'column_too_short'],
  ['numeric', { amount: column('amount', 'numeric', { precision: 4, scale: 2, notNull: false }) }, 'column_range'],
  ['integer', { amount: column('amount', 'int4', { notNull: false }) }, 'column_type'],
  ['NOT NULL', { amount: column('amount', 'numeric') }, 'column_not_guaranteed'],
])('a %s column that may refuse a value is a finding', async (_, changed: Record<string, ShapeColumn>, code) => {
  const shape = { ...SHAPE, columns: SHAPE.columns.map((each) => changed[each.name] ?? each) };
  expect((await judge({ a: {} }, { shape })).findings.map((each) => each.code)).toEqual([code]);
});

test('a key without the id, a key that the database fills and partitions that run out are findings', async () => {
  const keyless = { ...SHAPE, keys: [] };
  const columns = SHAPE.columns.map((each) => (each.name === 'occurred_at' ? { ...each, defaultText: 'now()' } : each));
  const codes = async (more: object) => (await judge({ a: {} }, more)).findings.map(({ code }) => code);
  expect(await codes({ shape: keyless })).toEqual(['key_without_id']);
  expect(await codes({ shape: { ...SHAPE, columns } })).toEqual(['key_defaulted']);
  expect(await codes({ nowUs: DAY_US, minDaysLeft: 3 })).toEqual(['partitions_run_out']);
  expect(await codes({ nowUs: DAY_US, minDaysLeft: 2 })).toEqual([]);
  expect(daysUntilPartitionsRunOut(SHAPE, 5 * DAY_US)).toBe(0);
});

test('a name that events have and the catalogue has not is warned of', async () => {
  expect((await judge({ a: {} }, { names: ['a', 'b'] })).warnings).toEqual([
    expect.stringMatching(/^b: there is no schema/),
  ]);
});

const DISPATCH = {
  type: 'object',
  required: ['event_id', 'name'],
  properties: {
    event_id: { type: 'string', format: 'uuid' },
    name: { enum: ['order_placed', 'signed_up'] },
    occurred_at: { type: 'string', format: 'date-time' },
  },
};

async function judgeOne(schema: object) {
  await using folder = await folderWith({ 'event.schema.json': JSON.stringify(schema) });
  const catalog = await loadCatalog(join(folder.path, 'event.schema.json'));
  const fields = { name: { pointer: ['name'] }, time: { pointer: ['occurred_at'] } };
  const mapping = MAPPING.filter(({ column: name }) => name !== 'amount');
  const { findings } = judgePartitionSafety({ catalog, shape: SHAPE, fields, mapping });
  return findings.map(({ code, name }) => ({ code, name }));
}

test('one schema with branches by name is judged name by name', async () => {
  const branch = (name: string, required: readonly string[]) => ({ properties: { name: { const: name } }, required });
  const withKey = branch('signed_up', ['occurred_at']);

  expect(await judgeOne({ ...DISPATCH, oneOf: [branch('order_placed', ['occurred_at']), withKey] })).toEqual([]);
  expect(await judgeOne({ ...DISPATCH, oneOf: [branch('order_placed', []), withKey] })).toEqual([
    { code: 'partition_key_optional', name: 'order_placed' },
  ]);
});

test('what is wrong with every name is told once', async () => {
  expect(await judgeOne(DISPATCH)).toEqual([{ code: 'partition_key_optional', name: undefined }]);
});
