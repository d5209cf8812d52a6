import pg from 'pg';
import { expect, test } from 'vitest';
import { boundsOfRest } from '../../src/backfill/swap/rest.js';
import { boundsSql } from '../../src/sinks/postgres/partition-bounds.js';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

const STUCK = 60_000;

/** A table whose DEFAULT partition holds many rows: of the third day, of a day that no run makes, and without a day. */
async function openStuck() {
  const p = await openPlace(dayEvents(300));
  await p.database.query(
    `create table ev_rest partition of ev default; create index ev_rest_own on ev_rest (level_cm) where level_cm > 10;
     insert into ev select 'stuck' || n, 'stuck', '2019-07-03 05:00+00'::timestamptz + n * interval '1 second', n from generate_series(1, ${STUCK}) n;
     insert into ev select 'old' || n, 'old', '2018-01-01', n from generate_series(1, 5000) n`,
  );
  return p;
}

/** Reads all stuck rows over and over, and writes beside them, until it is told to stop. */
async function startLife(url: string) {
  const [reader, writer] = await Promise.all([0, 1].map(() => connect(url)));
  if (reader === undefined || writer === undefined) throw new Error('two were opened');
  const counts = new Set<number>();
  const kept = new Map<string, number>();
  const waits = { read: 0, write: 0 };
  let isOver = false;
  const timed = async (kind: keyof typeof waits, work: () => Promise<unknown>) => {
    const startedMs = performance.now();
    await work();
    waits[kind] = Math.max(waits[kind], performance.now() - startedMs);
  };
  const read = async () => {
    while (!isOver)
      await timed('read', async () => {
        const { rows } = await reader.query(
          `select count(*)::int as n, count(distinct event_id)::int as ids from ev where name = 'stuck'`,
        );
        counts.add(rows[0].n === rows[0].ids ? rows[0].n : -1);
      });
  };
  const write = async () => {
    for (let n = 0; !isOver; n++) {
      // Of the day that is made, of one that stays in DEFAULT, and back again.
      const day = n % 2 === 0 ? '2019-07-03 20:00+00' : '2017-05-05 00:00+00';
      await timed('write', () => writer.query(`insert into ev values ($1, 'written', $2, 0)`, [`w${n}`, day]));
      kept.set(`w${n}`, 0);
      if (n % 3 === 2) {
        await timed('write', () => writer.query('update ev set level_cm = $2 where event_id = $1', [`w${n - 1}`, n]));
        kept.set(`w${n - 1}`, n);
      }
      if (n % 5 === 4) {
        await timed('write', () => writer.query('delete from ev where event_id = $1', [`w${n - 3}`]));
        kept.delete(`w${n - 3}`);
      }
      if (n % 7 === 6 && kept.has(`w${n - 2}`))
        await timed('write', () =>
          writer.query(`update ev set occurred_at = occurred_at + interval '1 minute' where event_id = $1`, [
            `w${n - 2}`,
          ]),
        );
    }
  };
  const going = Promise.all([read(), write()]);
  return {
    async end() {
      isOver = true;
      await going;
      await Promise.all([reader.end(), writer.end()]);
      return { counts: [...counts], kept, waits };
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' });
  await client.connect();
  return client;
}

const LEFTOVERS = `select relname as name from pg_class where relname ~ '^respool_' union all select tgname from pg_trigger where tgname ~ '^respool_'
  union all select proname from pg_proc where proname ~ '^respool_' union all select conname from pg_constraint where conname ~ '^respool_'`;
const PLACES = `select tableoid::regclass::text as place, name, count(*)::int as rows from ev where name <> 'written' group by 1, 2 order by 1, 2`;

test('a large DEFAULT partition is built anew without the rows that get a partition: no reader misses one, no write is lost', async () => {
  await using p = await openStuck();
  const life = await startLife(p.database.url);
  const { status, report, stderr } = await p.run('--method', 'swap');
  const { counts, kept, waits } = await life.end();
  expect([status, stderr]).toEqual([0, expect.stringContaining('is built anew without the rows of 1 partitions')]);
  expect(counts).toEqual([STUCK]);
  expect(kept.size).toBeGreaterThan(20);
  const written = await p.database.query(`select event_id, level_cm from ev where name = 'written'`);
  expect(new Map(written.map(({ event_id, level_cm }) => [event_id, level_cm]))).toEqual(kept);
  const places = await p.database.query(PLACES);
  expect(places.filter(({ name }) => name !== 'tide_measured')).toEqual([
    { place: 'ev_20190703', name: 'stuck', rows: STUCK },
    { place: 'ev_rest', name: 'old', rows: 5_000 },
  ]);
  expect(waits.read).toBeLessThan(4_000);
  expect(waits.write).toBeLessThan(3_000);
  expect(await p.database.query(LEFTOVERS)).toEqual([]);
  expect(await p.database.query(`select indexname from pg_indexes where tablename = 'ev_rest' order by 1`)).toEqual(
    ['ev_rest_name_idx', 'ev_rest_own', 'ev_rest_pkey'].map((indexname) => ({ indexname })),
  );

  // The rows that were in DEFAULT stay in the partition when the swap is undone, and the old DEFAULT goes with drop.
  expect((await p.later('undo', report.run, '--yes')).status).toBe(0);
  expect((await p.database.query(PLACES)).filter(({ place }) => place === 'ev_20190703')).toEqual([
    { place: 'ev_20190703', name: 'stuck', rows: STUCK },
  ]);
  const dropped = await p.later('drop', report.run, '--yes');
  expect(dropped.stderr).toMatch(/ev_rest_before_\w+/);
  expect(await p.database.query(`select relname from pg_class where relname ~ '_(before|undone)_'`)).toEqual([]);
  expect(await p.database.query(`select count(*)::int as rows from ev where name in ('stuck', 'old')`)).toEqual([
    { rows: STUCK + 5_000 },
  ]);
}, 120_000);

test('a carving that is killed, and run again, is right in the end; so is its undoing', async () => {
  await using p = await openStuck();
  // A run that was quicker than its killer is the last one: another one would rebuild the partition from the source alone.
  let finished: Awaited<ReturnType<typeof p.run>> | undefined;
  for (let kills = 0; kills < 3 && finished === undefined; kills++) {
    const { child, end } = p.start('--method', 'swap');
    let isOver = false;
    void end.then(() => {
      isOver = true;
    });
    while (
      !isOver &&
      (await p.database.query(`select 1 from pg_class where relname ~ '^respool_new.*_rest'`)).length === 0
    );
    setTimeout(() => child.kill('SIGKILL'), [50, 400, 1_200][kills]);
    const ended = await end;
    if (ended.status !== null) finished = ended;
    else
      expect(await p.database.query(`select count(*)::int as rows from ev where name = 'stuck'`)).toEqual([
        { rows: STUCK },
      ]);
  }
  const last = finished ?? (await p.run('--method', 'swap'));
  expect(last.status).toBe(0);
  expect(await p.database.query(LEFTOVERS)).toEqual([]);
  expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: STUCK + 5_000 + 300 }]);
}, 180_000);

test.each([
  ['behind one another', 1],
  ['with gaps between them', 2],
])('a new DEFAULT partition is attached without a look at its rows beside 260 partitions %s', async (_, every) => {
  await using p = await openPlace(dayEvents(3));
  const dayUs = 86_400_000_000;
  const routed = Array.from({ length: 260 }, (_, at) => {
    const fromUs = Date.UTC(2018, 0, 1) * 1_000 + at * every * dayUs;
    return { fromUs, toUs: fromUs + dayUs };
  });
  const partitions = routed.map(
    (period, at) => `create table past_${at} partition of ev ${boundsSql(period, 'timestamptz')};`,
  );
  await p.database.query(`set timezone = 'UTC'; ${partitions.join(' ')} create table rest (like ev including all);
    insert into rest select 'old' || n, 'old', '2017-01-01', n from generate_series(1, 10) n`);
  const days = [1, 2].map((day) => Date.UTC(2019, 6, day) * 1_000);
  const existing = [...routed, ...days.map((fromUs) => ({ fromUs, toUs: fromUs + dayUs }))];
  const table = { routed: existing, timeType: 'timestamptz', table: { partitioning: { column: 'occurred_at' } } };
  const names = { staging: 'rest' };
  const [bounds = ''] = boundsOfRest({ table } as never, { names } as never, []); // no more of them is looked at
  await p.database.query(`set timezone = 'UTC'; ${bounds}`);

  const client = await connect(p.database.url);
  const said: string[] = [];
  client.on('notice', ({ message }) => said.push(String(message)));
  await client.query('set client_min_messages = debug1; alter table ev attach partition rest default');
  await client.end();
  expect(said).toContainEqual('partition constraint for table "rest" is implied by existing constraints');
  expect(said).not.toContainEqual(expect.stringContaining('verifying table'));
});

test('a DEFAULT partition that is cut into partitions itself keeps its many rows, and the partition fails with a word', async () => {
  await using p = await openPlace(dayEvents(300));
  await p.database.query(
    `create table ev_rest partition of ev default partition by hash (event_id); create table ev_rest_0 partition of ev_rest for values with (modulus 1, remainder 0);
     insert into ev select 'stuck' || n, 'stuck', '2019-07-03 05:00+00'::timestamptz + n * interval '1 second', n from generate_series(1, 12000) n`,
  );
  const { status, report } = await p.run('--method', 'swap');
  expect([status, report.partitions.map(({ state, error }) => [state, error?.code])]).toEqual([
    2,
    [
      ['done', undefined],
      ['done', undefined],
      ['failed', 'rows_in_default'],
    ],
  ]);
  expect(
    await p.database.query(
      `select tableoid::regclass::text as place, count(*)::int as rows from ev where name = 'stuck' group by 1`,
    ),
  ).toEqual([{ place: 'ev_rest_0', rows: 12_000 }]);
  expect(await p.database.query(LEFTOVERS)).toEqual([]);
});
