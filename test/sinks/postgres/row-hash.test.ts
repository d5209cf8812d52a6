import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EncodedRows } from '../../../src/sinks/postgres/encode/encoded-rows.js';
import { openPostgresTable } from '../../../src/sinks/postgres/postgres.js';
import { rowHashes, sumOfHashes } from '../../../src/sinks/postgres/row-hash.js';
import { hashedRowsSql, rowShape } from '../../../src/sinks/postgres/row-shape.js';
import { deliveryOf } from '../../support/batches.js';
import { CONTEXT, openTestTable } from '../../support/tables.js';

const TABLE = `create table t (event_id text, occurred_at timestamptz, name text collate "C", n int, big bigint, small smallint, yes bool,
  half real, whole double precision, exact numeric, money numeric(12,2), round_to numeric(9,-2), day date, at timestamp, doc jsonb, raw json,
  who uuid, told varchar(40), ms timestamptz(3), primary key (event_id, occurred_at))`;

/** Delivers events, and resolves to the hashes that both sides work out, by id. */
async function both(events: readonly (object | string)[]) {
  await using t = await openTestTable(TABLE);
  const { plan, ...opened } = await openPostgresTable(`${t.database.url}?table=t`, CONTEXT);
  await using sink = opened.sink;
  const delivery = deliveryOf(sink, events);
  const verdicts = await sink.deliver(delivery, new AbortController().signal);
  expect(verdicts.filter(({ kind }) => kind !== 'accepted')).toEqual([]);
  const shape = rowShape(plan, 0, new Set());
  if (shape === undefined) throw new Error('these keys have a common hash');
  const encoded = delivery.encoded as EncodedRows; // made by the sink's encoder
  const ours = rowHashes(encoded, shape);
  const rows = await t.database.query(
    `select t.event_id, ${shape.sql}::text as hash from ${hashedRowsSql(plan, 'select * from t')}`,
  );
  const theirs = new Map(rows.map(({ event_id, hash }) => [event_id, BigInt.asUintN(64, BigInt(String(hash)))]));
  const sum = [...theirs.values()].reduce((all, hash) => all + hash, 0n);
  expect(sumOfHashes(ours)).toBe(BigInt.asUintN(64, sum));
  const mine = new Map(
    [...encoded.events].map((event, row) => [
      JSON.parse(typeof events[event] === 'string' ? events[event] : JSON.stringify(events[event])).event_id,
      ours[row],
    ]),
  );
  return { mine, theirs, left: shape.left };
}

const FULL = {
  occurred_at: '2024-01-01T00:00:00.123456Z',
  name: 'tide é€😀',
  n: -5,
  big: 9_007_199_254_740_991,
  small: -7,
  yes: true,
  half: 1.1,
  whole: -0.1,
  exact: 120.5,
  money: 0.005,
  round_to: 12_350,
  day: '1971-02-03',
  at: '1969-02-03T04:05:06.7Z',
  doc: { b: [1, 1.5, -0.0, null], aa: { x: '\u0001"\\\n' }, a: 'é' },
  raw: { z: 1 },
  who: 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
  told: 'x',
  ms: '2024-01-01T00:00:00.123456Z',
};

test('rows of all types, with and without values, have the same hash on both sides', async () => {
  const names = Object.keys(FULL).filter((name) => name !== 'occurred_at');
  const events: object[] = [{ event_id: 'full', ...FULL }];
  for (const name of names) events.push({ event_id: `no ${name}`, ...FULL, [name]: null });
  events.push({
    event_id: 'zeros',
    occurred_at: FULL.occurred_at,
    half: 0,
    whole: -0,
    exact: 0,
    n: 0,
    yes: false,
    big: 0,
    doc: 0,
  });
  const { mine, theirs, left } = await both(events);
  expect(mine).toEqual(theirs);
  expect(new Set(mine.values()).size).toBe(events.length);
  // The server rounds it in its own way.
  expect(left).toEqual(['ms']);
});

test('numbers keep their digits on both sides, rounded where the column rounds', async () => {
  const numbers = [
    '0',
    '-0.000',
    '1e3',
    '1.50',
    '-12345678901234567890.123456789',
    '1e-7',
    '99999.995',
    '-0.005',
    '1E+20',
    '0.1e1',
  ];
  const events = numbers.map(
    (text, at) =>
      `{"event_id":"${at}","occurred_at":"2024-01-01T00:00:00Z","exact":${text},"doc":[${text}]${Math.abs(Number(text)) < 1e6 ? `,"money":${text},"round_to":${text}` : ''}}`,
  );
  events.push(`{"event_id":"large","occurred_at":"2024-01-01T00:00:00Z","doc":[1e3000,-2.5e-2000]}`);
  const { mine, theirs } = await both(events);
  expect(mine).toEqual(theirs);
});

test('documents of any shape have the same hash on both sides', async () => {
  const docs = fc.sample(fc.jsonValue({ noUnicodeString: false }), { numRuns: 300, seed: 7 });
  const events = docs
    .map((doc, at) => ({ event_id: `${at}`, occurred_at: '2024-01-01T00:00:00Z', doc }))
    .filter((event) => !/\\u0000|\\ud[89a-f]/.test(JSON.stringify(event)));
  expect(events.length).toBeGreaterThan(200);
  const { mine, theirs } = await both(events);
  expect(mine).toEqual(theirs);
});

test('times of any age have the same hash on both sides, in the key and beside it', async () => {
  const years = [1, 1000, 1697, 1698, 1799, 1800, 2199, 2200, 2242, 2243, 2300, 9999];
  const events = years.flatMap((year) =>
    [123_457, 999_968, 1].map((us) => {
      const time = `${String(year).padStart(4, '0')}-05-06T07:08:09.${String(us).padStart(6, '0')}Z`;
      return { event_id: `${year} ${us}`, occurred_at: time, at: time, day: time.slice(0, 10) };
    }),
  );
  const { mine, theirs } = await both(events);
  expect(mine).toEqual(theirs);
});

test('a row that holds infinite times is hashed like any other', async () => {
  await using t = await openTestTable(TABLE);
  const { plan, ...opened } = await openPostgresTable(`${t.database.url}?table=t`, CONTEXT);
  await using _sink = opened.sink;
  const shape = rowShape(plan, 0, new Set());
  await t.database.query(`insert into t (event_id, occurred_at, at, day) values
    ('a', 'infinity', 'infinity', 'infinity'), ('b', '-infinity', '-infinity', '-infinity'), ('c', '2024-01-01Z', '2024-01-01', '2024-01-01')`);
  const rows = await t.database.query(`select ${shape?.sql} as hash from ${hashedRowsSql(plan, 'select * from t')}`);
  expect(new Set(rows.map(({ hash }) => hash)).size).toBe(3);
});
