import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { expect, test } from 'vitest';
import { openSink } from '../../../src/sinks/open.js';
import { SinkUnavailableError } from '../../../src/sinks/sink.js';
import { count, deliver, deliveryOf } from '../../support/batches.js';
import { createDatabase } from '../../support/postgres.js';
import { CONTEXT, openTestTable } from '../../support/tables.js';
import { startProxy } from '../../support/tcp-proxy.js';

function some(from: number, to: number) {
  return Array.from({ length: to - from }, (_, n) => ({
    event_id: `e${from + n}`,
    occurred_at: '2024-01-01T01:00:00Z',
  }));
}

test.each([
  ['was committed', true],
  ['never arrived', false],
])('a lost answer to a COMMIT that %s is asked for, so that the counts stay exact', async (_, forward) => {
  await using database = await createDatabase();
  await using proxy = await startProxy(database.url);
  await using sink = await openSink(`${proxy.url}?table=t&sslmode=disable`, CONTEXT);
  await deliver(sink, some(0, 10));

  proxy.cutBehind('commit\0', { forward });
  const tokens: string[] = [];
  const verdicts = await sink.deliver(
    { ...deliveryOf(sink, some(5, 20)), onCommitting: (token) => void tokens.push(token) },
    CONTEXT.signal,
  );

  expect(proxy.cuts).toBe(1);
  expect(count(verdicts)).toEqual({ duplicate: 5, accepted: 10 });
  expect(await database.query('select count(*)::int as n from t')).toEqual([{ n: 20 }]);
  expect(tokens).toHaveLength(forward ? 1 : 2);
  expect(await sink.recall?.(tokens[0] ?? '', CONTEXT.signal)).toBe(forward ? 'committed' : 'aborted');
});

test('the note about a COMMIT is written before it is sent, with the verdicts that will hold', async () => {
  await using t = await openTestTable('');
  const notes: unknown[] = [];
  let rows = -1;
  await t.sink.deliver(
    { ...deliveryOf(t.sink, some(0, 3)), onCommitting: (token, verdicts) => void notes.push([token, count(verdicts)]) },
    CONTEXT.signal,
  );
  rows = (await t.rows()).length;
  expect(notes).toEqual([[expect.stringMatching(/^\d+@[0-9A-F]{8}$/), { accepted: 3 }]]);
  expect(rows).toBe(3);
});

test('a batch of duplicates alone commits nothing, and says nothing of a commit', async () => {
  await using t = await openTestTable('');
  await deliver(t.sink, some(0, 3));
  const notes: string[] = [];
  await t.sink.deliver(
    { ...deliveryOf(t.sink, some(0, 3)), onCommitting: (token) => void notes.push(token) },
    CONTEXT.signal,
  );
  expect(notes).toEqual([]);
});

test('a token of another server or of nothing is unknown', async () => {
  await using t = await openTestTable('');
  expect(await t.sink.recall?.('99999999@FFFFFFFF', CONTEXT.signal)).toBe('unknown');
  expect(await t.sink.recall?.('x', CONTEXT.signal)).toBe('unknown');
});

test('killed sessions are replaced, and every event lands once', async () => {
  await using t = await openTestTable('create table t (event_id text primary key, occurred_at timestamptz)', {
    context: { jobs: 2 },
  });
  const killing = (async () => {
    for (let kills = 0; kills < 12; kills++) {
      await t.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'respool'`,
      );
      await sleep(25);
    }
  })();
  const deliveries = [0, 1, 2, 3, 4, 5].map((n) => deliver(t.sink, some(n * 500, n * 500 + 600)));
  const [totals] = await Promise.all([Promise.allSettled(deliveries), killing]);
  expect(totals.filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(count(totals.flatMap((total) => (total.status === 'fulfilled' ? total.value : [])))).toEqual({
    accepted: 3_100,
    duplicate: 500,
  });
  expect(await t.database.query('select count(*)::int as n from t')).toEqual([{ n: 3_100 }]);
});

test('a server that is read-only for a while is waited for, and the reason is told', async () => {
  const notes: string[] = [];
  await using database = await createDatabase();
  const readOnly = (state: 'on' | 'off') =>
    database.query(
      `set default_transaction_read_only = off; do $$ begin execute format('alter database %I set default_transaction_read_only = ${state}', current_database()); end $$`,
    );
  await readOnly('on');
  await using sink = await openSink(`${database.url}?table=t`, { ...CONTEXT, onWait: (note) => notes.push(note) });
  const delivered = deliver(sink, some(0, 3));
  await sleep(300);
  await readOnly('off');
  expect(count(await delivered)).toEqual({ accepted: 3 });
  expect(notes[0]).toMatch(/read-only transaction; trying again in 0\.\d s/);
});

test('a server that stays away ends the delivery with the advice to wait', async () => {
  await using database = await createDatabase();
  await using proxy = await startProxy(database.url);
  await using sink = await openSink(`${proxy.url}?table=t&sslmode=disable`, { ...CONTEXT, retryForMs: 400 });
  await proxy[Symbol.asyncDispose]();
  await expect(deliver(sink, some(0, 3))).rejects.toThrow(SinkUnavailableError);
  await expect(deliver(sink, some(0, 3))).rejects.toMatchObject({ cure: 'wait' });
});

test('a table that is dropped during a run ends the delivery with the advice to mend', async () => {
  await using t = await openTestTable('create table t (event_id text primary key)');
  await t.database.query('drop table t');
  await expect(deliver(t.sink, some(0, 3))).rejects.toMatchObject({ name: 'SinkUnavailableError', cure: 'mend' });
});

test('an abort breaks off a delivery that hangs, and writes nothing', async () => {
  await using t = await openTestTable('create table t (event_id text primary key)');
  await t.database.query(`create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$;
    create trigger s before insert on t for each row execute function slow()`);
  const stop = new AbortController();
  const delivered = deliver(t.sink, some(0, 3), stop.signal);
  await sleep(200);
  stop.abort(new Error('enough'));
  await expect(delivered).rejects.toThrow('enough');
  expect(await t.rows()).toEqual([]);
});

test('deadlocks between writers are tried again', async () => {
  await using t = await openTestTable('create table t (event_id text primary key, occurred_at timestamptz)', {
    context: { jobs: 2 },
  });
  const halves = [some(0, 400), some(200, 600)];
  const totals = await Promise.all(
    [...halves, ...halves.map((half) => half.toReversed())].map((half) => deliver(t.sink, half)),
  );
  expect(count(totals.flat())).toEqual({ accepted: 600, duplicate: 1_000 });
});

test.each([
  ['off', 'on'],
  ['local', 'local'],
])(
  'accepted rows outlive a crash and isolation is read committed, where the server says %s and serializable',
  async (set, used) => {
    await using t = await openTestTable(`
    create table t (event_id text primary key, seen text default current_setting('synchronous_commit') || ', ' || current_setting('transaction_isolation'));
    do $$ begin execute format('alter database %I set synchronous_commit = ${set}', current_database());
      execute format('alter database %I set default_transaction_isolation = serializable', current_database()); end $$`);
    expect(count(await deliver(t.sink, [{ event_id: 'a' }]))).toEqual({ accepted: 1 });
    expect(await t.rows('seen')).toEqual([{ seen: `${used}, read committed` }]);
  },
);

test('a transaction that stays under way is waited for as long as the server itself, no longer', async () => {
  await using database = await createDatabase();
  await using sink = await openSink(`${database.url}?table=t`, { ...CONTEXT, retryForMs: 300 });
  const other = new pg.Client(database.url);
  await other.connect();
  try {
    await other.query('begin');
    const { rows } = await other.query(
      `select pg_current_xact_id()::text || '@' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as token`,
    );
    await expect(sink.recall?.(rows[0].token, CONTEXT.signal)).rejects.toMatchObject({
      name: 'SinkUnavailableError',
      cure: 'wait',
    });
  } finally {
    await other.end();
  }
});

test.each([
  ['the table', '', 'create table if not exists'],
  [
    'a partition',
    'create table t (event_id text, occurred_at timestamptz, primary key (event_id, occurred_at)) partition by range (occurred_at)',
    'partition of',
  ],
])('a process that stands still while it makes %s keeps nobody from the table', async (_, sql, words) => {
  await using database = await createDatabase();
  if (sql !== '') await database.query(sql);
  await using proxy = await startProxy(database.url);
  await using still = await openSink(`${proxy.url}?table=t&sslmode=disable`, CONTEXT);
  const stop = new AbortController();
  proxy.freezeBehind(words);
  const delivering = still.deliver(deliveryOf(still, some(0, 10)), stop.signal).catch(() => undefined);
  await expect.poll(() => proxy.frozen).toBe(1);

  await using sink = await openSink(`${database.url}?table=t`, CONTEXT);
  expect(count(await deliver(sink, some(0, 10)))).toEqual({ accepted: 10 });
  expect(await database.query(`set lock_timeout = '2s'; select count(*)::int as n from t`)).toEqual([{ n: 10 }]);
  stop.abort();
  await delivering;
});
