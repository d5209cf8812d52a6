import { existsSync, readdirSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startPostgres } from '../support/postgres-server.js';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

/** Where Debian's package postgresql-<version>-partman puts the extension, which is SQL alone; or where it was unpacked. */
const found = [process.env.RESPOOL_PARTMAN ?? '', '/usr/share/postgresql']
  .flatMap((folder) => [13, 14, 15, 16, 17, 18].map((version) => join(folder, String(version), 'extension')))
  .find((folder) => existsSync(join(folder, 'pg_partman.control')));
if (found === undefined && process.env.CI === 'true') {
  throw new Error('there is no pg_partman, and CI=true demands its tests');
}
if (found === undefined) {
  console.warn(
    'SKIPPED: pg_partman is not installed (apt install postgresql-15-partman), so its tables are not tested',
  );
}

async function startWithPartman() {
  const server = await startPostgres();
  const folder = join(dirname(server.data), 'native', 'share', 'postgresql', 'extension');
  for (const name of readdirSync(found ?? '').filter((file) =>
    /^pg_partman(\.control|--\d+\.\d+\.\d+\.sql)$/.test(file),
  ))
    await cp(join(found ?? '', name), join(folder, name));
  return server;
}

/** Daily partitions from July 2nd on, a template with an index and a fill factor of its own, and a DEFAULT partition. */
const MANAGED = `
  create schema partman; create extension pg_partman schema partman;
  create table ev (event_id text not null, name text, occurred_at timestamptz not null, level_cm int, primary key (event_id, occurred_at))
    partition by range (occurred_at);
  create table ev_template (like ev); create index ev_template_level on ev_template (level_cm); alter table ev_template set (fillfactor = 70);
  create role partman_reader; grant select on ev to partman_reader;
  select partman.create_parent('public.ev', 'occurred_at', 'native', '1 month', p_template_table := 'public.ev_template', p_premake := 2);
  update partman.part_config set retention = '2 years', retention_keep_table = false, inherit_privileges = true;`;

for (const method of ['insert', 'swap']) {
  test.skipIf(found === undefined)(
    `a table of pg_partman gets partitions as it makes them, and its maintenance goes on: ${method}`,
    async () => {
      await using server = await startWithPartman();
      await using p = await openPlace(dayEvents(300), MANAGED, server.url);
      const dry = await p.run('--dry-run', '--since', '2019-07-01', '--until', '2019-08-01');
      expect(dry.report.notes?.[0]).toMatch(
        /public.ev is managed by pg_partman \(interval .*premake 2\).*template public.ev_template/,
      );
      expect(dry.report.warnings).toContainEqual(
        expect.stringMatching(
          /1 of these partitions are older than the retention of pg_partman \(2 years\): its next maintenance will drop them/,
        ),
      );
      const { status, report } = await p.run('--method', method, '--since', '2019-07-01', '--until', '2019-08-01');
      expect([status, report.partitions.map(({ state, name }) => [state, name])]).toEqual([
        0,
        [['done', 'ev_p2019_07']],
      ]);

      const [made] = await p.database.query(`select c.reloptions, c.relacl::text as rights,
      (select array_agg(indexname::text order by indexname) from pg_indexes where tablename = 'ev_p2019_07') as indexes,
      (select count(*)::int from ev_p2019_07) as rows, (select count(*)::int from ev_default) as rest
      from pg_class c where relname = 'ev_p2019_07'`);
      expect(made).toMatchObject({
        reloptions: ['fillfactor=70'],
        rights: expect.stringContaining('partman_reader=r'),
        rows: 300,
        rest: 0,
      });
      expect(made?.indexes).toEqual(['ev_p2019_07_level_cm_idx', 'ev_p2019_07_pkey']);

      // Its maintenance knows the partition: the retention takes it away.
      await p.database.query(`select partman.run_maintenance('public.ev')`);
      expect(await p.database.query(`select 1 from pg_class where relname = 'ev_p2019_07'`)).toEqual([]);
    },
  );
}

test.skipIf(found === undefined)(
  'rows that lie in DEFAULT keep a partition from being made by insert, and are carried over by swap',
  async () => {
    await using server = await startWithPartman();
    await using p = await openPlace(dayEvents(300), MANAGED, server.url);
    await p.database.query(`insert into ev values ('stuck', 'x', '2019-07-20', 1)`);
    const month = ['--since', '2019-07-01', '--until', '2019-08-01'];
    const refused = await p.run(...month);
    expect(refused).toMatchObject({
      status: 2,
      report: { partitions: [{ state: 'failed', error: { code: 'rows_in_default' } }] },
    });
    expect(await p.run('--method', 'swap', '--fresh', ...month)).toMatchObject({ status: 0 });
    expect(await p.database.query('select count(*)::int as rows from ev_p2019_07')).toEqual([{ rows: 301 }]);
  },
);
