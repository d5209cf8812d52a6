import { expect, test } from 'vitest';
import type { EncodedRows } from '../../../src/sinks/postgres/encode/encoded-rows.js';
import { keyChecksum } from '../../../src/sinks/postgres/key-checksum.js';
import { count, deliver, deliveryOf } from '../../support/batches.js';
import { openTestTable } from '../../support/tables.js';

const TABLE = 'create table t (event_id text, occurred_at timestamptz, primary key (event_id, occurred_at))';
const SUM = `select sum(hashtextextended(event_id, (date_part('epoch', occurred_at) * 1000000 - 946684800000000)::int8))::text as sum from t`;

test('the sum over keys is what the server works out, for ids of any length and times of any age', async () => {
  await using t = await openTestTable(TABLE);
  const events = Array.from({ length: 40 }, (_, n) => ({
    event_id: 'aé€😀0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, n + 1),
    occurred_at: `${1960 + n * 2}-03-04T05:06:07.${String(n * 24_999).padStart(6, '0')}Z`,
  })).filter(({ event_id }) => event_id.isWellFormed());
  events.push({ event_id: 'x', occurred_at: '2000-01-01T00:00:00Z' });
  const delivery = deliveryOf(t.sink, events);
  await t.sink.deliver(delivery, new AbortController().signal);

  const [row] = await t.database.query(SUM);
  const rows = Uint32Array.from(events, (_, index) => index);
  const encoded = delivery.encoded as EncodedRows; // made by the sink's encoder
  expect(keyChecksum(encoded, rows, ['bytes', 'int8'])).toBe(BigInt.asUintN(64, BigInt(String(row?.sum))));
});

test('behind batches of duplicates alone, known ids with other times are not taken for duplicates', async () => {
  await using t = await openTestTable(TABLE);
  const event = (id: string, hour: number) => ({ event_id: id, occurred_at: `2024-01-01T0${hour}:00:00Z` });
  const events = [event('a', 1), event('b', 2), event('c', 3)];
  await deliver(t.sink, events);
  expect(count(await deliver(t.sink, events))).toEqual({ duplicate: 3 });
  expect(count(await deliver(t.sink, events))).toEqual({ duplicate: 3 });
  expect(count(await deliver(t.sink, [event('a', 2), event('b', 1), event('c', 3)]))).toEqual({
    accepted: 2,
    duplicate: 1,
  });
});

test('keys of numbers, dates and UUIDs, negative and old ones too, have the same sum on both sides', async () => {
  await using t = await openTestTable(
    `create table t (event_id bigint, u uuid, k int, s smallint, d date, occurred_at timestamp, primary key (u, k, s, d, event_id, occurred_at))`,
  );
  const events = Array.from({ length: 60 }, (_, n) => ({
    event_id: (n % 2 === 0 ? -1 : 1) * n * 1_037_970_703_249,
    u: `${String(n).padStart(8, '0')}-1111-4111-8111-${String(n * 997).padStart(12, '0')}`,
    k: n * 30_000_000 - 900_000_000,
    s: n * 500 - 15_000,
    d: `${1960 + n}-02-03`,
    occurred_at: `${1960 + n}-03-04T05:06:07Z`,
  }));
  const delivery = deliveryOf(t.sink, events);
  await t.sink.deliver(delivery, new AbortController().signal);

  const [row] =
    await t.database.query(`select sum(uuid_hash_extended(u, hashint4extended(k, hashint2extended(s, hashint4extended(d - date '2000-01-01',
    hashint8extended(event_id, (date_part('epoch', occurred_at) * 1000000 - 946684800000000)::int8))))))::text as sum from t`);
  const rows = Uint32Array.from(events, (_, index) => index);
  const encoded = delivery.encoded as EncodedRows; // made by the sink's encoder
  const sum = keyChecksum(encoded, rows, ['bytes', 'int4', 'int2', 'int4', 'int8', 'int8']);
  expect(sum).toBe(BigInt.asUintN(64, BigInt(String(row?.sum))));
});
