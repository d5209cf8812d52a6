import pg from 'pg';
import { expect, test } from 'vitest';
import type { TestDatabase } from '../support/postgres.js';
import { backfill, dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

const EVENTS = 12_000;

/** Writes to and reads from the table until it is told to stop: what a living system does meanwhile. */
async function startLife(database: TestDatabase) {
  const clients = await Promise.all([0, 1].map(() => connect(database.url)));
  const [writer, reader] = clients as [pg.Client, pg.Client]; // two were opened
  const written = new Map<string, number>();
  const deleted = new Set<string>();
  const counts: number[] = [];
  const waits = { read: 0, write: 0 };
  let isOver = false;
  const timed = async (kind: keyof typeof waits, work: () => Promise<unknown>) => {
    const startedMs = performance.now();
    await work();
    waits[kind] = Math.max(waits[kind], performance.now() - startedMs);
  };
  const write = async () => {
    for (let n = 0; !isOver; n++) {
      const id = `w${n}`;
      await timed('write', () => writer.query(`insert into ev values ($1, 'written', '2019-07-02 08:00+00', 0)`, [id]));
      written.set(id, 0);
      if (n % 3 === 1) {
        await writer.query('update ev set level_cm = $2 where event_id = $1', [`w${n - 1}`, n]);
        written.set(`w${n - 1}`, n);
      }
      if (n % 5 === 4) {
        await writer.query('delete from ev where event_id = $1', [`w${n - 3}`]);
        written.delete(`w${n - 3}`);
        deleted.add(`w${n - 3}`);
      }
    }
  };
  const read = async () => {
    while (!isOver) {
      await timed('read', async () => {
        const { rows } = await reader.query(
          `select count(*)::int as n from ev where name <> 'written' and occurred_at >= '2019-07-02' and occurred_at < '2019-07-03'`,
        );
        counts.push(rows[0].n);
      });
    }
  };
  const going = Promise.all([write(), read()]);
  return {
    async end() {
      isOver = true;
      await going;
      await Promise.all(clients.map((client) => client.end()));
      return { written, deleted, counts: [...new Set(counts)], waits };
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, options: '-c timezone=UTC' });
  await client.connect();
  return client;
}

const WRITTEN = `select event_id, level_cm from ev where name = 'written'`;
const asMap = (rows: Record<string, unknown>[]) => new Map(rows.map((row) => [row.event_id, row.level_cm]));

test('a swap and its undoing lose nothing that is written meanwhile, and no reader ever sees a part of a partition', async () => {
  await using p = await openPlace(dayEvents(EVENTS));
  await p.run();
  const life = await startLife(p.database);
  const swapped = await p.run('--method', 'swap');
  expect(swapped).toMatchObject({ status: 0 });
  const undone = await p.later('undo', swapped.report.run, '--yes');
  const { written, deleted, counts, waits } = await life.end();

  expect(undone.report.partitions.map(({ state }) => state)).toEqual(['undone', 'undone', 'undone']);
  expect(counts).toEqual([EVENTS / 3]);
  expect(written.size).toBeGreaterThan(50);
  expect(swapped.report.partitions[1]?.carriedOver).toBeGreaterThan(0);
  const found = asMap(await p.database.query(WRITTEN));
  for (const [id, level] of written) expect([id, found.get(id)]).toEqual([id, level]);
  // What is deleted after the swap and before its undoing has begun comes back with the old partition, and nothing else.
  for (const id of found.keys()) expect(written.has(String(id)) || deleted.has(String(id))).toBe(true);
  expect(waits.read).toBeLessThan(2_000);
  expect(waits.write).toBeLessThan(2_000);
  const leftovers = await p.database.query(
    `select relname as name from pg_class where relname ~ '^respool_' union all select tgname from pg_trigger where tgname ~ '^respool_' union all select proname from pg_proc where proname ~ '^respool_'`,
  );
  expect(leftovers).toEqual([]);
}, 90_000);

test('a busy table is not locked longer than allowed: the swap waits for its turn, and says so', async () => {
  await using p = await openPlace(dayEvents(300));
  const holder = await connect(p.database.url);
  await holder.query('begin; select count(*) from ev');
  const { child, end } = p.start('--method', 'swap', '--max-lock', '200ms');
  let text = '';
  await new Promise<void>((resolve) => {
    child.stderr.on('data', (chunk) => {
      text += chunk;
      if (/waiting for the lock/.test(text)) resolve();
    });
  });
  const startedMs = performance.now();
  await p.database.query('select count(*) from ev');
  expect(performance.now() - startedMs).toBeLessThan(10_000);
  await holder.query('commit');
  await holder.end();
  expect(await end).toMatchObject({ status: 0 });
});

test('the new partition has everything that the old one had', async () => {
  await using p = await openPlace(
    dayEvents(300),
    `create role keeper_ev; create table harbour (id int primary key); insert into harbour select generate_series(0, 300);
     create extension if not exists btree_gist;
     create table ev (event_id text not null, name text default 'tide', occurred_at timestamptz not null, level_cm int references harbour,
       doubled int generated always as (level_cm * 2) stored, n bigint generated always as identity, note varchar(20),
       primary key (event_id, occurred_at), check (level_cm >= 0)) partition by range (occurred_at);
     create table ev_20190701 partition of ev for values from ('2019-07-01 00:00+00') to ('2019-07-02 00:00+00') with (fillfactor = 80);
     create index ev_level on ev_20190701 (level_cm) where level_cm > 10;
     alter table ev_20190701 add constraint ev_apart exclude using gist (event_id with =, occurred_at with =);
     create table ev_20190702 partition of ev for values from ('2019-07-02 00:00+00') to ('2019-07-03 00:00+00');
     alter table ev_20190701 replica identity full; alter table ev_20190701 alter level_cm set statistics 77;
     grant select, insert on ev_20190701 to keeper_ev; grant update (note) on ev_20190701 to keeper_ev;
     create function nothing() returns trigger language plpgsql as 'begin return null; end';
     create trigger own after insert on ev_20190701 for each row execute function nothing(); alter table ev_20190701 disable trigger own;
     alter table ev_20190701 enable row level security; create policy mine on ev_20190701 for select to keeper_ev using (level_cm > 5);
     comment on table ev_20190701 is 'the first day'; comment on policy mine on ev_20190701 is 'for keepers';
     comment on trigger own on ev_20190701 is 'does nothing'; comment on index ev_level is 'high tides'; comment on constraint ev_apart on ev_20190701 is 'apart';
     create index ev_twice on ev_20190701 ((level_cm + doubled)); alter index ev_twice alter column 1 set statistics 55;
     create statistics ev_together (dependencies, mcv) on name, level_cm from ev_20190701; alter statistics ev_together set statistics 66;
     comment on statistics ev_together is 'go together';
     create trigger each_row after insert on ev for each row execute function nothing(); alter table ev_20190701 disable trigger each_row;
     create publication ev_days for table ev_20190702, ev_20190701 (event_id, occurred_at, level_cm) where (level_cm > 3); create publication ev_whole for table ev;`,
  );
  const describe = async () => {
    const [row] = await p.database.query(`
      select c.reloptions, c.relreplident, c.relrowsecurity, c.relacl::text, obj_description(c.oid) as comment,
        (select jsonb_agg(pg_get_indexdef(i.indexrelid) order by pg_get_indexdef(i.indexrelid)) from pg_index i where i.indrelid = c.oid) as indexes,
        (select jsonb_agg(array[conname, contype::text, pg_get_constraintdef(k.oid), convalidated::text] order by conname) from pg_constraint k where conrelid = c.oid) as constraints,
        (select jsonb_agg(array[tgname::text, tgenabled::text, pg_get_triggerdef(t.oid)] order by tgname) from pg_trigger t where tgrelid = c.oid and not tgisinternal) as triggers,
        (select jsonb_agg(array[tgname::text, tgenabled::text]) from pg_trigger t where tgrelid = c.oid and tgname = 'each_row') as switched,
        (select jsonb_agg(array[obj_description(i.indexrelid, 'pg_class'), obj_description(k.oid, 'pg_constraint'), a.attstattarget::text] order by ic.relname)
          from pg_index i join pg_class ic on ic.oid = i.indexrelid join pg_attribute a on a.attrelid = ic.oid and a.attnum = 1
          left join pg_constraint k on k.conindid = ic.oid where i.indrelid = c.oid) as index_words,
        (select jsonb_agg(obj_description(t.oid, 'pg_trigger') order by tgname) from pg_trigger t where tgrelid = c.oid and not tgisinternal) as trigger_words,
        (select jsonb_agg(obj_description(o.oid, 'pg_policy')) from pg_policy o where polrelid = c.oid) as policy_words,
        (select jsonb_agg(array[pg_get_statisticsobjdef(s.oid), stxstattarget::text, obj_description(s.oid), pg_get_userbyid(stxowner)]) from pg_statistic_ext s where stxrelid = c.oid) as statistics,
        (select jsonb_agg(array[pubname::text, attnames::text, rowfilter] order by pubname) from pg_publication_tables where tablename = c.relname) as publications,
        (select jsonb_agg(to_jsonb(a) - '{attrelid,attmissingval}'::text[] order by attnum) from pg_attribute a where attrelid = c.oid and attnum > 0) as columns,
        (select jsonb_agg(to_jsonb(o)) from pg_policies o where tablename = c.relname) as policies
      from pg_class c where relname = 'ev_20190701'`);
    return row;
  };
  const before = await describe();
  const { status, report } = await p.run('--method', 'swap');
  expect([status, report.problems]).toEqual([0, []]);

  expect(await describe()).toEqual(before);
  expect(await p.database.query('select count(distinct n)::int as numbers, max(doubled) as doubled from ev')).toEqual([
    { numbers: 300, doubled: 598 },
  ]);
  expect((await p.later('undo', report.run, '--yes')).status).toBe(0);
  expect(await describe()).toEqual(before);
  await p.database.query('drop owned by keeper_ev; drop role keeper_ev');
});

test('rows that wait in the DEFAULT partition come into the one that is made for them', async () => {
  await using p = await openPlace(dayEvents(300));
  await p.database.query(
    `create table ev_rest partition of ev default; insert into ev select 'stuck' || n, 'stuck', '2019-07-03 05:00+00', n from generate_series(1, 40) n;
     insert into ev values ('elsewhere', 'stuck', '2018-01-01', 1)`,
  );
  const { status } = await p.run('--method', 'swap');
  expect(status).toBe(0);
  expect(
    await p.database.query(
      `select tableoid::regclass::text as place, count(*)::int as rows from ev where name = 'stuck' group by 1 order by 1`,
    ),
  ).toEqual([
    { place: 'ev_20190703', rows: 40 },
    { place: 'ev_rest', rows: 1 },
  ]);
  expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: 341 }]);
});

test('the second of two backfills over an overlapping range is told who holds it', async () => {
  await using p = await openPlace(dayEvents(3_000));
  const first = p.start('--max-rate', '400');
  let holders: unknown[] = [];
  while (holders.length === 0) {
    holders = await p.database.query(
      `select 1 from pg_locks l join pg_stat_activity a using (pid) where l.locktype = 'advisory' and l.granted and a.application_name ~ '^respool-backfill'`,
    );
  }
  const second = await backfill(
    ['dump.ndjson', '--to', p.target, '--since', '2019-07-02', '--until', '2019-07-05', '--state-dir', 'other'],
    p.call,
  );
  expect(second).toMatchObject({
    status: 4,
    stderr: expect.stringMatching(/another backfill works on an overlapping range.*run \d{8}-/),
  });
  const beside = await backfill(
    ['dump.ndjson', '--to', p.target, '--since', '2019-07-04', '--until', '2019-07-05', '--state-dir', 'beside'],
    p.call,
  );
  expect(beside.status).toBe(0);
  expect((await first.end).status).toBe(0);
}, 90_000);
