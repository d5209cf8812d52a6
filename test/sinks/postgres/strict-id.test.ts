import { expect, test } from 'vitest';
import { openSink } from '../../../src/sinks/open.js';
import { count, deliver } from '../../support/batches.js';
import { CONTEXT, openTestTable } from '../../support/tables.js';

const TABLE = `create table t (event_id text, occurred_at timestamptz, extra EXTRA, primary key (event_id, occurred_at))
  partition by range (occurred_at);
  create table t_1 partition of t for values from ('2024-01-01 00:00+00') to ('2024-01-02 00:00+00')`;

function event(id: string, day: number, hour = 1) {
  return { event_id: id, occurred_at: `2024-01-0${day}T0${hour}:00:00Z` };
}

const OTHER = {
  kind: 'rejected',
  code: 'id_with_other_time',
  pointer: '/occurred_at',
};

test.each([
  ['binary', 'text'],
  ['text', 'inet'],
])('an id that is there with another time is refused in every partition (rows as %s)', async (_, extra) => {
  await using t = await openTestTable(TABLE.replace('EXTRA', extra), { context: { strictId: true } });
  await deliver(t.sink, [event('a', 1), event('b', 2)]);

  const verdicts = await deliver(t.sink, [
    event('a', 3),
    event('a', 3),
    event('c', 3),
    event('b', 2),
    event('a', 1, 2),
  ]);

  expect(verdicts.map(({ kind }) => kind)).toEqual(['rejected', 'rejected', 'accepted', 'duplicate', 'rejected']);
  expect(verdicts[0]).toEqual({
    ...OTHER,
    reason: expect.stringMatching(
      /^the id is there already with occurred_at 2024-01-01 01:00:00\+00, and this event has 2024-01-03 01:00:00\+00$/,
    ),
  });
  expect(await t.rows('event_id')).toEqual(['a', 'b', 'c'].map((event_id) => ({ event_id })));
});

test('of two events of a batch with one id and two times the first wins, whatever their times', async () => {
  await using t = await openTestTable(TABLE.replace('EXTRA', 'text'), { context: { strictId: true } });
  const verdicts = await deliver(t.sink, [event('a', 3), event('a', 1), event('a', 3), event('b', 1)]);
  expect(verdicts.map(({ kind }) => kind)).toEqual(['accepted', 'rejected', 'duplicate', 'accepted']);
  expect(verdicts[1]).toMatchObject({ ...OTHER, reason: expect.stringContaining('2024-01-03 01:00:00+00, and this') });
});

test('without strict ids both times are taken, and what was seen of it is told afterwards', async () => {
  await using t = await openTestTable(TABLE.replace('EXTRA', 'text'));
  await deliver(t.sink, [event('a', 1), event('a', 1, 2), event('b', 1)]);
  await using again = await openSink(`${t.database.url}?table=t`, CONTEXT);
  await deliver(again, [event('b', 1, 3), event('c', 1)]);

  expect(await t.rows('event_id')).toHaveLength(5);
  for (const { sink } of [t, { sink: again }]) {
    expect(sink.describe().warnings.join()).toContain('at least 1 times an id came with more than one time');
  }
});

test('a rerun with strict ids finds duplicates alone', async () => {
  await using t = await openTestTable('', { context: { strictId: true } });
  const events = Array.from({ length: 300 }, (_, n) => event(`e${n}`, 1 + (n % 3)));
  await deliver(t.sink, events);
  expect(new Set((await deliver(t.sink, events)).map(({ kind }) => kind))).toEqual(new Set(['duplicate']));
});

test('with strict ids, an event whose key is nothing that the column can hold is refused alone', async () => {
  await using t = await openTestTable(
    `create domain key as text check (value <> 'bad');
    create table t (event_id key, occurred_at timestamptz, primary key (event_id, occurred_at)) partition by range (occurred_at)`,
    { context: { strictId: true } },
  );
  const sent = Array.from({ length: 20 }, (_, n) => ({
    event_id: n === 11 ? 'bad' : `e${n}`,
    occurred_at: '2024-01-01T00:00:00Z',
  }));
  expect(count(await deliver(t.sink, sent))).toEqual({ accepted: 19, rejected: 1 });
  const moved = sent.map((event, n) => (n === 3 ? { ...event, occurred_at: '2024-01-01T05:00:00Z' } : event));
  const verdicts = await deliver(t.sink, moved);
  expect(count(verdicts)).toEqual({ duplicate: 18, rejected: 2 });
  expect(verdicts[3]).toMatchObject({ code: 'id_with_other_time' });
  expect(verdicts[11]).toMatchObject({ code: 'sqlstate_23514' });
});
