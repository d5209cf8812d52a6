import { expect, test } from 'vitest';
import { openSharedStates, takeTurn } from '../../src/backfill/queue/shared-states.js';
import { backfillTrade, failPartition } from '../../src/backfill/queue/trade.js';
import { parseAddress } from '../../src/postgres/address.js';
import { connect } from '../../src/postgres/server.js';
import { openOrders } from '../../src/replay/orders.js';
import { takeSlice } from '../../src/replay/slices.js';
import { replayTrade } from '../../src/replay/trade.js';
import { openDesk } from '../../src/work/desk.js';
import { askOf } from '../../src/work/tables.js';
import { TakenOverError } from '../../src/work/taken-over.js';
import { createDatabase } from '../support/postgres.js';
import { startProxy } from '../support/tcp-proxy.js';

const nothing = () => undefined;

async function openPlace(signal: AbortSignal) {
  const queue = await createDatabase();
  const database = await connect(parseAddress(queue.url, {}), 3, signal);
  return {
    queue,
    database,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
    },
  };
}

test('whatever goes wrong with a partition that another worker has by now is left to that one', async ({ signal }) => {
  await using p = await openPlace(signal);
  const job = { kind: 'backfill', run: 'r', item: 3, attempt: 0 };
  const isTaken = { over: true };
  const trade = await backfillTrade({
    database: p.database,
    signal,
    async withWork() {
      if (isTaken.over) await takeTurn(p.database, 'r', 3, signal);
      throw new Error('the session is gone');
    },
  });
  await expect((await trade.open(job)).work(nothing)).rejects.toThrow(TakenOverError);
  isTaken.over = false;
  await expect((await trade.open(job)).work(nothing)).rejects.toThrow('the session is gone');
});

test('whatever goes wrong with a slice that another worker has by now is left to that one', async ({ signal }) => {
  await using p = await openPlace(signal);
  const orders = await openOrders(p.database, signal);
  const record = { id: 'r', key: 'k' } as Parameters<typeof orders.begin>[0]['record']; // nobody looks at the rest
  await orders.begin({ record, work: {} }, [{ parts: [] } as never]);
  const isTaken = { over: true };
  const trade = await replayTrade({
    database: p.database,
    signal,
    async deliver() {
      if (isTaken.over) await takeSlice(askOf(p.database, signal), 'r', 0);
      throw new Error('the session is gone');
    },
  });
  const job = { kind: 'replay', run: 'r', item: 0, attempt: 0 };
  await expect((await trade.open(job)).work(nothing)).rejects.toThrow(TakenOverError);
  isTaken.over = false;
  await expect((await trade.open(job)).work(nothing)).rejects.toThrow('the session is gone');

  // What has failed is brought on by a job that was handed out since, not by the one with which it failed.
  await (await trade.open(job)).fail({ code: 'x', message: 'x', hint: 'x' });
  expect([(await trade.open(job)).isDone, (await trade.open({ ...job, attempt: 1 })).isDone]).toEqual([true, false]);
});

test('a partition that somebody has brought to its end does not fail any more; one that failed waits for a new job', async ({
  signal,
}) => {
  await using p = await openPlace(signal);
  const trade = await backfillTrade({ database: p.database, signal, withWork: async () => undefined });
  const failure = { code: 'x', message: 'x', hint: 'x' };
  const slow = await openSharedStates(p.database, { run: 'r' }, signal);
  const swift = await openSharedStates(p.database, { run: 'r' }, signal);
  await swift.set(1, { state: 'done' });
  await failPartition(slow, 1, failure);
  await failPartition(slow, 2, failure);
  await swift.refresh();
  expect([swift.of(1).state, swift.of(2).state]).toEqual(['done', 'failed']);

  const job = { kind: 'backfill', run: 'r', item: 2, attempt: 0 };
  expect([(await trade.open(job)).isDone, (await trade.open({ ...job, attempt: 1 })).isDone]).toEqual([true, false]);
});

test('after the database of the queue was away nobody is taken for dead before all can have said that they live', async ({
  signal,
}) => {
  await using p = await openPlace(signal);
  await using proxy = await startProxy(p.queue.url);
  await using database = await connect(parseAddress(proxy.url, {}), 1, signal);
  const clock = { ms: 1_000_000 };
  const desk = await openDesk(database, signal, () => clock.ms);
  await p.queue.query(`insert into respool.workers values ('w', 'j', 'r', 0, now() - interval '31 seconds')`);
  expect(await desk.look()).toMatchObject({ stopped: ['j'], isSure: true });

  proxy.cutOften('', 1, () => 0.9);
  proxy.cutAll();
  await expect(desk.look()).rejects.toThrow();
  proxy.cutOften('', 0, () => 0.9);
  expect(await desk.look()).toMatchObject({ stopped: ['j'], isSure: false });
  clock.ms += 29_000;
  expect(await desk.look()).toMatchObject({ isSure: false });
  clock.ms += 2_000;
  expect(await desk.look()).toMatchObject({ stopped: ['j'], isSure: true });
});
