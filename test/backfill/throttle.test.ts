import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { ended, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { startPostgres } from '../support/postgres-server.js';
import { startStandby } from '../support/postgres-standby.js';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

type Place = Awaited<ReturnType<typeof openPlace>>;

const ROWS = 'select count(*)::int as rows from ev';

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/**
 * Starts a backfill while the target is busy, sees that it says so and writes nothing, ends the trouble, and sees that it
 * goes on to its end.
 */
async function seeItWait(place: Place, flags: readonly string[], reason: RegExp, relieve: () => Promise<unknown>) {
  const { child, end } = place.start(...flags);
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      text += chunk;
      if (reason.test(text)) resolve();
    });
    child.once('exit', () => reject(new Error(`it did not wait: ${text}`)));
  });
  // What had passed before may still be on its way.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const rows = await place.database.query(ROWS);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(child.exitCode).toBeNull();
  expect(await place.database.query(ROWS)).toEqual(rows);
  await relieve();
  const { status, stderr, report } = await end;
  expect(stderr).toMatch(/going on/);
  expect(status).toBe(0);
  expect(report.sinks).toMatchObject([{ accepted: 300 }]);
}

describe.concurrent('a backfill waits while the target is busy, says why, and goes on', () => {
  test('when sessions wait for locks', async () => {
    await using server = await startPostgres();
    await using p = await openPlace(dayEvents(300), undefined, server.url);
    await p.database.query('create table other (id int)');
    const [holder, waiter] = [await connect(p.database.url), await connect(p.database.url)];
    await holder.query('begin; lock table other in access exclusive mode');
    const waiting = waiter.query('select * from other');
    await seeItWait(p, ['--max-lock-waits', '0'], /waiting: 1 sessions wait for locks \(more than 0\)/, async () => {
      await holder.query('rollback');
      await waiting;
    });
    await Promise.all([holder.end(), waiter.end()]);
  });

  test('when others are at work', async () => {
    await using server = await startPostgres();
    await using p = await openPlace(dayEvents(300), undefined, server.url);
    const worker = await connect(p.database.url);
    const working = worker.query('select pg_sleep(600)').catch(() => undefined);
    await seeItWait(p, ['--max-active', '0'], /waiting: \d+ sessions are at work \(more than 0\)/, async () => {
      await p.database.query(
        `select pg_cancel_backend(pid) from pg_stat_activity where query ~ 'pg_sleep.600' and pid <> pg_backend_pid()`,
      );
      await working;
    });
    await worker.end();
  });

  test('when a query of theirs says so', async () => {
    await using p = await openPlace(dayEvents(300));
    await p.database.query(`create table jobs (name text); insert into jobs values ('billing')`);
    await seeItWait(
      p,
      ['--pause-if-sql', 'select max(name) from jobs'],
      /waiting: the query of --pause-if-sql says billing/,
      () => p.database.query('delete from jobs'),
    );
  });

  test('when that query fails', async () => {
    await using p = await openPlace(dayEvents(300));
    await seeItWait(
      p,
      ['--pause-if-sql', 'select 1 from jobs'],
      /waiting: the target cannot be asked how it is: relation "jobs" does not exist/,
      () => p.database.query('create table jobs (name text)'),
    );
  });

  test('when an HTTP check does not answer, or with anything but 200', async () => {
    await using p = await openPlace(dayEvents(300));
    let status = 503;
    const server = createServer((_, response) => response.writeHead(status).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthy`; // it listens on a port
    await seeItWait(
      p,
      ['--pause-unless-http', url],
      /waiting: the check of --pause-unless-http answers 503/,
      async () => {
        status = 200;
      },
    );
    server.close();
  });

  test('when the write-ahead log forces a checkpoint', async () => {
    await using server = await startPostgres(['-c', 'max_wal_size=32MB', '-c', 'checkpoint_timeout=1h']);
    await using p = await openPlace(dayEvents(300), undefined, server.url);
    let isBusy = true;
    const writer = await connect(p.database.url);
    const writing = (async () => {
      while (isBusy) await writer.query(`select pg_logical_emit_message(false, 'load', repeat('x', 4000000))`);
    })();
    await seeItWait(
      p,
      ['--mind-checkpoints', '--max-rate', '60'],
      /waiting: the write-ahead log has forced a checkpoint/,
      async () => {
        isBusy = false;
        await writing;
      },
    );
    await writer.end();
  });

  test('when a standby falls behind', async () => {
    await using server = await startPostgres();
    await using p = await openPlace(dayEvents(300), undefined, server.url);
    await using standby = await startStandby(server);
    const behind = await connect(standby.url);
    await behind.query('select pg_wal_replay_pause()');
    let isBusy = true;
    const writer = await connect(p.database.url);
    const writing = (async () => {
      while (isBusy) {
        await writer.query(`create table if not exists load (n int); insert into load values (1)`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    await seeItWait(
      p,
      ['--max-lag', '1s', '--max-rate', '60'],
      /waiting: a standby is \d+\.\d s behind \(more than 1 s\)/,
      async () => {
        isBusy = false;
        await writing;
        await behind.query('select pg_wal_replay_resume()');
      },
    );
    await Promise.all([writer.end(), behind.end()]);
  });
});

test('a role that may not see what others do is told so at once, and not let through in silence', async () => {
  await using p = await openPlace(dayEvents(300));
  const role = `blind_${Date.now()}`;
  await p.database.query(
    `create role ${role} login; alter table ev owner to ${role}; alter table ev_20190701 owner to ${role}; alter table ev_20190702 owner to ${role}; grant create on schema public to ${role}`,
  );
  const url = new URL(p.target);
  url.username = role;
  const call = ['backfill', 'dump.ndjson', '--to', url.href, '--max-lock-waits', '3'];
  const refused = await ended(spawnRespool(call, p.call));
  expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining(`grant pg_read_all_stats to ${role}`) });
  await p.database.query(`grant pg_read_all_stats to ${role}`);
  expect(await ended(spawnRespool(call, p.call))).toMatchObject({ status: 0 });
  await p.database.query(`drop owned by ${role}; drop role ${role}`);
});

test('a worker minds the target as well, and the command that hands out says that it cannot', async () => {
  await using p = await openPlace(dayEvents(300));
  await using queue = await createDatabase();
  const refused = await p.run('--queue', queue.url, '--max-lag', '1s', '--max-rate', '5');
  expect(refused).toMatchObject({
    status: 3,
    stderr: expect.stringContaining(
      '--max-lag and --max-rate would have no effect here: with --queue workers do the work',
    ),
  });
  await p.database.query(`create table jobs (name text); insert into jobs values ('billing')`);
  const flags = [
    '--queue',
    queue.url,
    '--to',
    p.target,
    '--idle-exit',
    '1s',
    '--pause-if-sql',
    'select name from jobs',
  ];
  const worker = spawnRespool(['worker', ...flags], p.call);
  const waits = new Promise<void>((resolve) => {
    worker.stderr.on('data', (chunk) => {
      if (/waiting: the query of --pause-if-sql says billing/.test(String(chunk))) resolve();
    });
  });
  const working = ended(worker);
  const running = p.start('--queue', queue.url);
  await waits;
  expect(await p.database.query(ROWS)).toEqual([{ rows: 0 }]);
  await p.database.query('delete from jobs');
  expect((await running.end).status).toBe(0);
  expect((await working).status).toBe(0);
}, 90_000);
