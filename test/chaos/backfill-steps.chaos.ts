import { expect, test } from 'vitest';
import { dayEvents } from '../backfill/backfilling.js';
import { openPlace } from '../backfill/place.js';

const EVENTS = 600;
/** Every so many steps a run is killed. */
const STRIDE = Number(process.env.RESPOOL_CHAOS_STRIDE ?? 1);
const LEFTOVERS = `select relname as name from pg_class where relname ~ '^respool_' union all select tgname from pg_trigger where tgname ~ '^respool_'
  union all select proname from pg_proc where proname ~ '^respool_' union all select conname from pg_constraint where conname ~ '^respool_'`;

/** Every statement that changes the schema counts up; the one with the number in `stop_at` stands still until its session is ended. */
const STEPS = `create sequence steps; create table stop_at (n bigint); insert into stop_at values (0);
  create function count_step() returns event_trigger language plpgsql security definer as
    $$ begin if nextval('public.steps') = (select n from public.stop_at) then perform pg_sleep(600); end if; end $$;
  create event trigger each_step on ddl_command_start execute function count_step()`;

type Place = Awaited<ReturnType<typeof openPlace>>;

/** Kills a run when it stands at a step; false when it came to its end before. */
async function killAt(p: Place, step: number, start: () => ReturnType<Place['start']>): Promise<boolean> {
  await p.database.query(`select setval('steps', 1, false); update stop_at set n = ${step}`);
  const { child, end } = start();
  const ending = { isOver: false };
  void end.finally(() => {
    ending.isOver = true;
  });
  const sleeper = `select pid from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  while (!ending.isOver && (await p.database.query(sleeper)).length === 0)
    await new Promise((go) => setTimeout(go, 20));
  if (!ending.isOver) child.kill('SIGKILL');
  const { status } = await end;
  await p.database.query(`update stop_at set n = 0; select pg_terminate_backend(pid) from (${sleeper}) s`);
  if (status !== null) expect(status).toBe(0);
  return status === null;
}

for (const [title, more] of [
  ['', ''],
  [
    ', with a DEFAULT partition that is built anew',
    `create table ev_rest partition of ev default;
     insert into ev select 'stuck' || n, 'stuck', '2019-07-03 05:00+00', n from generate_series(1, 11000) n`,
  ],
] as const) {
  test(`a swap that is killed at each of its steps${title}, and run again, is right in the end; so is its undoing`, async () => {
    const stuck = more === '' ? 0 : 11_000;
    let [swaps, undos] = [0, 0];
    for (let step = 1, isKilled = true; isKilled; step += STRIDE) {
      await using p = await openPlace(dayEvents(EVENTS));
      await p.database.query(
        `insert into ev select 'stale' || n, 'stale', '2019-07-02 10:00+00', n from generate_series(1, 50) n; ${more}`,
      );
      await p.database.query(STEPS);
      const start = () => p.start('--method', 'swap', '--jobs', '1', '--max-lock', '20s');
      isKilled = await killAt(p, step, start);
      swaps += isKilled ? 1 : 0;
      const [seen] = await p.database.query(`select count(*)::int as rows from ev where occurred_at < '2019-07-02'`);
      expect([0, EVENTS / 3]).toContain(seen?.rows);
      expect(await p.database.query(`select count(*)::int as rows from ev where name = 'stuck'`)).toEqual([
        { rows: stuck },
      ]);
      const { status, report } = await p.run('--method', 'swap', '--jobs', '1');
      expect([step, status]).toEqual([step, 0]);
      expect(report.partitions.map(({ state, verified }) => [state, verified])).toEqual(Array(3).fill(['done', true]));
      // Where nothing was killed, this was a run of its own, which replaces what it finds in a partition.
      const rows = isKilled ? EVENTS + stuck : EVENTS;
      expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows }]);
      expect(await p.database.query(LEFTOVERS)).toEqual([]);
    }
    for (let step = 1, isKilled = true; isKilled && more === ''; step += STRIDE) {
      await using p = await openPlace(dayEvents(EVENTS));
      await p.database.query(
        `insert into ev select 'stale' || n, 'stale', '2019-07-02 10:00+00', n from generate_series(1, 50) n`,
      );
      await p.database.query(STEPS);
      const { report } = await p.run('--method', 'swap');
      const undo = () => p.startLater('undo', report.run, '--yes', '--max-lock', '20s');
      isKilled = await killAt(p, step, undo);
      undos += isKilled ? 1 : 0;
      const again = await p.later('undo', report.run, '--yes');
      expect([step, again.status]).toEqual([step, 0]);
      expect(await p.database.query('select name, count(*)::int as rows from ev group by 1')).toEqual([
        { name: 'stale', rows: 50 },
      ]);
      expect(await p.database.query(LEFTOVERS)).toEqual([]);
    }
    expect(swaps * STRIDE).toBeGreaterThan(20);
    if (more === '') expect(undos * STRIDE).toBeGreaterThan(10);
  }, 1_200_000);
}
