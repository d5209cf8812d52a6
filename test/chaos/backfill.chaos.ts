import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { dayEvents } from '../backfill/backfilling.js';
import { openPlace } from '../backfill/place.js';
import { ended, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';

const KILLS = Number(process.env.RESPOOL_CHAOS_BACKFILL_KILLS ?? 25);
const EVENTS = 6_000;
const LEFTOVERS = `select relname as name from pg_class where relname ~ '^respool_' union all select tgname from pg_trigger
  where tgname ~ '^respool_' and not tgisinternal union all select proname from pg_proc where proname ~ '^respool_'`;

test('a backfill that is killed at any instant, and run again, is right in the end; so is its undoing', async () => {
  let kills = 0;
  for (let round = 0; kills < KILLS; round++) {
    const method = round % 3 === 2 ? 'insert' : 'swap';
    await using p = await openPlace(dayEvents(EVENTS));
    await p.database.query(
      `insert into ev select 'stale' || n, 'stale', '2019-07-02 10:00+00', n from generate_series(1, 500) n`,
    );
    let report: Awaited<ReturnType<typeof p.run>>['report'] | undefined;
    while (report === undefined) {
      const { child, end } = p.start('--method', method);
      // Half of the kills come when the run has been seen to be in the database, where it does the most.
      const killer = kills < KILLS ? killSometime(child, p.database) : undefined;
      const result = await end;
      killer?.cancel();
      if (result.status === null) kills++;
      else {
        expect(result.status).toBe(0);
        report = result.report;
      }
      const [seen] = await p.database.query(`select count(*)::int as rows from ev where occurred_at < '2019-07-02'`);
      // The first day was empty: at no time is a part of it there.
      if (method === 'swap') expect([0, EVENTS / 3]).toContain(seen?.rows);
    }
    const stale = method === 'swap' ? 0 : 500;
    expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: EVENTS + stale }]);
    expect(report).toMatchObject({ complete: true, balanced: true });
    expect(await p.database.query(LEFTOVERS)).toEqual([]);
    if (method === 'insert') continue;

    for (let status: number | null = null; status === null; ) {
      const child = spawnRespool(['backfill', 'undo', report.run, '--to', p.target, '--yes', '-q'], p.call);
      const timer = kills < KILLS ? setTimeout(() => child.kill('SIGKILL'), 300 + Math.random() * 1_500) : undefined;
      ({ status } = await ended(child));
      clearTimeout(timer);
      if (status === null) kills++;
      else expect(status).toBe(0);
    }
    // A run that was killed behind its last step is done: the same command was a new run then, on top of its rows.
    const before = report.partitions.reduce((sum, { rowsBefore = 0 }) => sum + rowsBefore, 0);
    expect([500, EVENTS]).toContain(before);
    expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: before }]);
    expect(await p.database.query(LEFTOVERS)).toEqual([]);
  }
}, 600_000);

test('the partition of a worker that is killed is taken over within a minute', async () => {
  await using p = await openPlace(dayEvents(EVENTS));
  await using queue = await createDatabase();
  const worker = (...args: string[]) =>
    spawnRespool(['worker', '--queue', queue.url, '--to', p.target, '--idle-exit', '5s', ...args], p.call);
  const slow = worker('--max-rate', '200');
  const running = p.start('--method', 'insert', '--queue', queue.url);
  await new Promise<void>((resolve) => {
    slow.stderr.on('data', (chunk) => {
      if (/: partition \d/.test(String(chunk))) resolve();
    });
  });
  const quick = ended(worker());
  await sleep(1_500);
  slow.kill('SIGKILL');
  const killedMs = Date.now();
  const { status, report } = await running.end;
  expect(status).toBe(0);
  expect(Date.now() - killedMs).toBeLessThan(60_000);
  expect(report.partitions.every(({ state, verified }) => state === 'done' && verified)).toBe(true);
  expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: EVENTS }]);
  expect((await quick).status).toBe(0);
}, 180_000);

for (const method of ['insert', 'swap']) {
  test(`the partition of a worker that stands still is taken over within a minute, and waking up it writes nothing (${method})`, async () => {
    await using p = await openPlace(dayEvents(EVENTS));
    await using queue = await createDatabase();
    const worker = (...args: string[]) =>
      spawnRespool(['worker', '--queue', queue.url, '--to', p.target, ...args], p.call);
    const frozen = worker('--max-rate', '200');
    const told: string[] = [];
    const running = p.start('--method', method, '--queue', queue.url);
    await new Promise<void>((resolve) => {
      frozen.stderr.on('data', (chunk) => {
        told.push(String(chunk));
        if (/: partition \d/.test(String(chunk))) resolve();
      });
    });
    await sleep(2_000);
    frozen.kill('SIGSTOP');
    const frozenMs = Date.now();
    const quick = worker();
    const { status, report } = await running.end;
    expect(status).toBe(0);
    expect(Date.now() - frozenMs).toBeLessThan(60_000);
    expect(report.partitions.map(({ state, verified }) => [state, verified])).toEqual(Array(3).fill(['done', true]));

    frozen.kill('SIGCONT');
    await sleep(6_000);
    expect(told.join('')).toContain('another worker has taken it over');
    expect(
      await queue.query(`select change->>'state' as state from respool.backfill_states order by seq desc limit 1`),
    ).toEqual([{ state: 'done' }]);
    expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: EVENTS }]);
    expect(await p.database.query(LEFTOVERS)).toEqual([]);
    for (const each of [frozen, quick]) {
      const end = ended(each);
      each.kill('SIGTERM');
      expect((await end).stderr).not.toMatch(/\n\s+at .*:\d+|unexpected:/u);
    }
  }, 180_000);
}

type Child = ReturnType<typeof spawnRespool>;

/** Kills a run after a while, or right after it has been seen with a table of its own in the database. */
function killSometime(child: Child, database: { query(sql: string): Promise<Record<string, unknown>[]> }) {
  let isOver = false;
  const afterMs = 200 + Math.random() * 3_000;
  const kill = async () => {
    if (Math.random() < 0.5) await sleep(afterMs);
    else {
      while (!isOver && (await database.query(`select 1 from pg_class where relname ~ '^respool_new'`)).length === 0)
        await sleep(5);
      await sleep(Math.random() * 250);
    }
    if (!isOver) child.kill('SIGKILL');
  };
  void kill();
  return {
    cancel: () => {
      isOver = true;
    },
  };
}
