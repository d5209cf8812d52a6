import { execFileSync, spawnSync } from 'node:child_process';
import { chown, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { DAYS_TABLE, dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

const MOUNT = '/bin/mount';
const EVENTS = 45_000;
const LEFTOVERS = `select relname as name from pg_class where relname ~ '^respool_' union all select tgname from pg_trigger where tgname ~ '^respool_'
  union all select proname from pg_proc where proname ~ '^respool_' union all select conname from pg_constraint where conname ~ '^respool_'`;

/** A disk of its own for a tablespace of the server; undefined, said loudly, where none may be mounted. */
async function mountDisk({ data }: PostgresServer, size: string) {
  const path = join(dirname(data), 'disk');
  await mkdir(path);
  if (spawnSync(MOUNT, ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]).status !== 0) {
    if (process.env.CI === 'true') throw new Error('no disk can be mounted, and CI=true demands its tests');
    console.warn('SKIPPED: no disk can be mounted here, so a full one is not tested');
    return undefined;
  }
  const { uid, gid } = await stat(data);
  await chown(path, uid, gid);
  return {
    path,
    grow: (to: string) => execFileSync(MOUNT, ['-o', `remount,size=${to}`, path]),
    [Symbol.asyncDispose]: async () => void spawnSync('/bin/umount', ['-l', path]),
  };
}

for (const method of ['swap', 'insert']) {
  test(`a disk of the server that is full stops a run, which goes on once there is room (${method})`, async () => {
    await using server = await startPostgres();
    await using disk = await mountDisk(server, '1m');
    if (disk === undefined) return;
    await using p = await openPlace(dayEvents(EVENTS), 'select 1', server.url);
    await p.database.query(`create tablespace small location '${disk.path}'`);
    await p.database.query(
      `${DAYS_TABLE} alter table ev_20190702 set tablespace small; insert into ev values ('live', 'live', '2019-07-02 08:00+00', 1)`,
    );
    const full = await p.run('--method', method, '--jobs', '1');
    expect(full).toMatchObject({ status: 4, report: { complete: false } });
    expect(full.report.failures).toMatchObject([
      {
        code: 'target_unavailable',
        message: expect.stringMatching(/^could not extend file.*No space left on device/),
        hint: expect.stringContaining('once there is room on its disk'),
      },
    ]);
    // Whoever writes to the live partition is not disturbed by what the attempt has left.
    expect(await p.database.query(LEFTOVERS)).toEqual([]);
    expect(await p.database.query(`select count(*)::int as rows from ev where name = 'live'`)).toEqual([{ rows: 1 }]);

    disk.grow('64m');
    const { status, report } = await p.run('--method', method, '--jobs', '1');
    expect([status, report.run, report.balanced]).toEqual([0, full.report.run, true]);
    expect(report.partitions.map(({ state, verified }) => [state, verified])).toEqual(Array(3).fill(['done', true]));
    expect(await p.database.query(`select count(*)::int as rows from ev where name <> 'live'`)).toEqual([
      { rows: EVENTS },
    ]);
    await p.database.query('drop table ev');
  }, 180_000);
}
