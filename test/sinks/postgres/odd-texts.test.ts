import { expect, test } from 'vitest';
import { keyShape } from '../../../src/sinks/postgres/key-checksum.js';
import { openPostgresTable } from '../../../src/sinks/postgres/postgres.js';
import { rowShape } from '../../../src/sinks/postgres/row-shape.js';
import { count, deliver } from '../../support/batches.js';
import { CONTEXT, openTestTable, type TestTable } from '../../support/tables.js';

const LATIN1 = `encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0`;
const BLIND = `create collation blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);`;
const TEXT_KEY =
  'create table t (event_id text, occurred_at timestamptz, name text, doc jsonb, primary key (event_id, occurred_at))';
const UUID_KEY =
  'create table t (event_id uuid, occurred_at timestamptz, name text, doc jsonb, primary key (event_id, occurred_at))';

async function shapesOf(t: TestTable) {
  const { plan, sink } = await openPostgresTable(`${t.database.url}?table=t`, CONTEXT);
  await sink[Symbol.asyncDispose]();
  return { key: keyShape(plan), left: rowShape(plan, 0, new Set())?.left };
}

const event = (id: string) => ({ event_id: id, occurred_at: '2024-01-01T00:00:00Z', name: 'é', doc: { é: 'é' } });

test('an id is not taken for another one whose bytes in the encoding of the database are its own', async () => {
  await using t = await openTestTable(TEXT_KEY, { database: LATIN1 });
  expect(count(await deliver(t.sink, [event('Ã¼')]))).toEqual({ accepted: 1 });
  for (let n = 0; n < 3; n++) expect(count(await deliver(t.sink, [event('Ã¼')]))).toEqual({ duplicate: 1 });
  expect(count(await deliver(t.sink, [event('ü')]))).toEqual({ accepted: 1 });
  expect((await t.rows('event_id')).map(({ event_id }) => event_id)).toEqual(['ü', 'Ã¼'].sort());
});

test('texts in another encoding than UTF-8 enter no hash', async () => {
  await using text = await openTestTable(TEXT_KEY, { database: LATIN1 });
  expect(await shapesOf(text)).toEqual({ key: undefined, left: undefined });
  await using uuid = await openTestTable(UUID_KEY, { database: LATIN1 });
  expect(await shapesOf(uuid)).toEqual({ key: ['bytes', 'int8'], left: ['name', 'doc'] });
  await using missing = await openTestTable('', { database: LATIN1 });
  expect(await shapesOf(missing)).toEqual({ key: undefined, left: undefined });
});

test('ids whose collation takes others for equal enter no hash; other columns with it are compared by their bytes', async () => {
  await using t = await openTestTable(`${BLIND} ${TEXT_KEY.replace('event_id text', 'event_id text collate blind')}`);
  expect(await shapesOf(t)).toEqual({ key: undefined, left: undefined });
  for (const id of ['a', 'A'])
    expect(count(await deliver(t.sink, [event(id)]))).toEqual({ [id === 'a' ? 'accepted' : 'duplicate']: 1 });
  await using name = await openTestTable(`${BLIND} ${UUID_KEY.replace('name text', 'name text collate blind')}`);
  expect(await shapesOf(name)).toEqual({ key: ['bytes', 'int8'], left: [] });
});
