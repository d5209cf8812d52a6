import { expect, test } from 'vitest';
import type { Connection } from '../../../src/postgres/connection.js';
import type { EncodedRows } from '../../../src/sinks/postgres/encode/encoded-rows.js';
import { createKnownKeys } from '../../../src/sinks/postgres/known-keys.js';
import { openPostgresTable } from '../../../src/sinks/postgres/postgres.js';
import { count, deliver, deliveryOf } from '../../support/batches.js';
import { createDatabase } from '../../support/postgres.js';
import { CONTEXT, openTestTable } from '../../support/tables.js';

const KEYS = {
  'an id and an instant': 'event_id text, occurred_at timestamptz, primary key (event_id, occurred_at)',
  'a number and a time of day': 'event_id bigint, occurred_at timestamp, primary key (event_id, occurred_at)',
  'a uuid alone': 'event_id uuid, occurred_at timestamptz, primary key (event_id)',
};
const ids = {
  'an id and an instant': (n: number) => `é€${n}`,
  'a number and a time of day': (n: number) => String(n),
  'a uuid alone': (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
};

for (const kind of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
  test(`a relation is read once for several batches, and a key that is missing is noticed: ${kind}`, async () => {
    await using t = await openKnown(KEYS[kind]);
    const events = eventsOf(12, ids[kind]);
    await t.deliver(events);

    expect(await t.holdsAll(events.slice(0, 6))).toBe(true);
    expect(await t.holdsAll(events.slice(6))).toBe(true);
    expect(await t.holdsAll([...events.slice(0, 3), ...eventsOf(1, () => ids[kind](99))])).toBe(false);
    expect(t.reads()).toBe(1);
  });
}

test('keys of a relation that come in several pieces are all known', async () => {
  await using t = await openKnown(KEYS['an id and an instant']);
  const events = Array.from({ length: 5_000 }, (_, n) => ({
    event_id: `e${n}`,
    occurred_at: new Date(Date.UTC(2019, 6, 1) + n).toISOString(),
  }));
  await t.deliver(events);

  expect(await t.holdsAll(events)).toBe(true);
  for (const n of [0, 2_249, 2_250, 4_999]) {
    const other = events.with(n, { event_id: `e${n}`, occurred_at: '2019-07-01T00:00:00.000001Z' });
    expect(await t.holdsAll(other)).toBe(false);
  }
  expect(t.reads()).toBe(1);
});

test('an id that is known with another time only is not there', async () => {
  await using t = await openKnown(KEYS['an id and an instant']);
  await t.deliver(eventsOf(3, String));

  expect(await t.holdsAll([{ event_id: '1', occurred_at: '2019-07-01T00:00:02.000001Z' }])).toBe(false);
  expect(await t.holdsAll(eventsOf(3, String))).toBe(true);
});

test('nothing is said of a relation that holds an id with two times', async () => {
  await using t = await openKnown(KEYS['an id and an instant']);
  const events = eventsOf(3, String);
  await t.deliver([...events, { event_id: '1', occurred_at: '2019-07-02T00:00:00Z' }]);

  expect(await t.holdsAll(events)).toBe(false);
});

test('what has been deleted is missed as soon as what was read is no longer fresh', async () => {
  await using t = await openKnown(KEYS['an id and an instant']);
  const events = eventsOf(3, String);
  await t.deliver(events);
  expect(await t.holdsAll(events)).toBe(true);

  await t.query(`delete from t where event_id = '1'`);
  t.wait(1_001);
  expect(await t.holdsAll(events)).toBe(false);
});

test('a relation is read only once as many keys have been looked up as pay for it', async () => {
  await using t = await openKnown(KEYS['an id and an instant']);
  const events = eventsOf(40, String);
  await t.deliver(events);

  const answers: boolean[] = [];
  for (let n = 0; n < 8; n++) answers.push(await t.holdsAll(events.slice(n, n + 2)));
  expect(answers).toEqual([false, false, false, false, false, false, true, true]);
  expect(t.reads()).toBe(3);
});

test('behind batches of duplicates alone, what is new is still accepted and what is known is not taken twice', async () => {
  await using t = await openTestTable(
    'create table t (event_id text, occurred_at timestamptz, primary key (event_id, occurred_at))',
  );
  const events = eventsOf(20, String);
  await deliver(t.sink, events);
  for (let n = 0; n < 3; n++) expect(count(await deliver(t.sink, events))).toEqual({ duplicate: 20 });
  const more = [...events.slice(0, 5), { event_id: 'new', occurred_at: '2019-07-01T00:00:00Z' }];

  expect(count(await deliver(t.sink, more))).toEqual({ duplicate: 5, accepted: 1 });
  expect(count(await deliver(t.sink, more))).toEqual({ duplicate: 6 });
  expect(await t.rows()).toHaveLength(21);
});

interface Event {
  readonly event_id: string;
  readonly occurred_at: string;
}

function eventsOf(length: number, id: (n: number) => string): Event[] {
  return Array.from({ length }, (_, n) => ({
    event_id: id(n),
    occurred_at: `2019-07-01T00:00:${String(n).padStart(2, '0')}.000001Z`,
  }));
}

async function openKnown(columns: string) {
  const database = await createDatabase();
  await database.query(`create table t (${columns})`);
  const table = await openPostgresTable(`${database.url}?table=t`, CONTEXT);
  let now = 0;
  let reads = 0;
  const known = createKnownKeys(table.plan, () => now);
  if (known === undefined) throw new Error('the keys of this table can be known');
  const { signal } = new AbortController();
  return {
    query: (sql: string) => database.query(sql),
    deliver: (events: readonly Event[]) => deliver(table.sink, events),
    reads: () => reads,
    wait: (ms: number) => {
      now += ms;
    },
    async holdsAll(events: readonly Event[]) {
      const delivery = deliveryOf(table.sink, events);
      const encoded = delivery.encoded as EncodedRows; // made by the sink's encoder
      const rows = Uint32Array.from(events, (_, row) => row);
      return table.database.use((connection) => {
        const counting: Connection = {
          ...connection,
          rows: (sql, parameters) => {
            reads++;
            return connection.rows(sql, parameters);
          },
        };
        return known.holdsAll(counting, { encoded, idHashes: delivery.events.idHashes }, 't', rows);
      }, signal);
    },
    async [Symbol.asyncDispose]() {
      await table.sink[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
