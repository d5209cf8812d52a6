import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ended, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { startProxy } from '../support/tcp-proxy.js';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

describe.concurrent('the command that watches workers never waits for ever', () => {
  test('a worker that cannot open the run gives up after some attempts, and the partitions have failed', async () => {
    await using p = await openPlace(dayEvents(300));
    await using queue = await createDatabase();
    const worker = spawnRespool(['worker', '--queue', queue.url, '--to', `${p.database.url}?table=other`], p.call);
    const working = ended(worker);
    const { status, report } = await p.run('--queue', queue.url);
    expect(status).toBe(2);
    for (const { state, error } of report.partitions) expect([state, error?.code]).toEqual(['failed', 'changed_since']);
    worker.kill('SIGTERM');
    expect((await working).stderr).toMatch(/given up after 5 attempts: run \S+ went to table public.ev/);
  }, 90_000);

  test('a worker that fails for a reason nobody thought of, too; the same command again does it once that is mended', async () => {
    await using p = await openPlace(dayEvents(300));
    await using queue = await createDatabase();
    const { report: left } = await p.run('--queue', queue.url, '--detach');
    const trap = join(p.path, '.respool', 'runs', left.run, 'refused');
    await writeFile(trap, 'a file where a folder should be');
    const worker = spawnRespool(['worker', '--queue', queue.url, '--to', p.target], p.call);
    const working = ended(worker);
    const failed = await p.run('--queue', queue.url);
    expect(failed.status).toBe(2);
    for (const { error } of failed.report.partitions) expect(error?.code).toBe('worker_failed');

    await rm(trap);
    const mended = await p.run('--queue', queue.url);
    expect(mended).toMatchObject({ status: 0, report: { run: left.run, complete: true } });
    worker.kill('SIGTERM');
    await working;
  }, 90_000);

  test('a job in the dead letters, or gone from the queue, is a failed partition; the same command again does it', async () => {
    await using p = await openPlace(dayEvents(300));
    await using queue = await createDatabase();
    const running = p.start('--queue', queue.url);
    const jobs = async () =>
      (await queue.query(`select 1 from pgboss.job where name = 'respool-work'`).catch(() => [])).length;
    while ((await jobs()) < 3) expect(running.child.exitCode).toBeNull();
    await queue.query(`
      insert into pgboss.job (name, data) select 'respool-work-dead', data from pgboss.job where name = 'respool-work' and data->>'item' = '1';
      delete from pgboss.job where name = 'respool-work'`);
    const { status, report } = await running.end;
    expect(status).toBe(2);
    expect(report.partitions.map(({ error }) => error?.code)).toEqual(['job_lost', 'dead_letter', 'job_lost']);

    const worker = spawnRespool(['worker', '--queue', queue.url, '--to', p.target], p.call);
    const working = ended(worker);
    expect(await p.run('--queue', queue.url)).toMatchObject({ status: 0, report: { run: report.run } });
    worker.kill('SIGTERM');
    expect((await working).status).toBe(143);
  }, 90_000);

  test('while the database of the queue cannot be reached, the command waits as its workers do', async () => {
    const hours = `create table ev (event_id text not null, name text, occurred_at timestamptz not null, level_cm int,
      primary key (event_id, occurred_at)) partition by range (occurred_at)`;
    await using p = await openPlace(dayEvents(480, { days: 1 }), hours);
    await using queue = await createDatabase();
    await using proxy = await startProxy(queue.url);
    const worker = spawnRespool(['worker', '--queue', proxy.url, '--to', p.target], p.call);
    const working = ended(worker);
    const running = p.start('--method', 'swap', '--partition-by', 'hour', '--queue', proxy.url);
    let told = '';
    running.child.stderr?.on('data', (text) => {
      told += String(text);
    });
    const done = () =>
      queue
        .query(`select 1 from respool.backfill_states where change->>'state' = 'done'`)
        .then((rows) => rows.length > 0)
        .catch(() => false);
    await expect.poll(done, { timeout: 60_000, interval: 50 }).toBe(true);
    proxy.cutOften('', 1, () => 0.9);
    proxy.cutAll();
    await expect.poll(() => told, { timeout: 60_000 }).toMatch(/the queue cannot be asked/);
    proxy.cutOften('', 0, () => 0.9);

    const { status, report } = await running.end;
    expect(status).toBe(0);
    expect(report.partitions.map(({ state, accepted }) => [state, accepted])).toEqual(Array(24).fill(['done', 20]));
    expect(await p.database.query('select count(*)::int as rows from ev')).toEqual([{ rows: 480 }]);
    worker.kill('SIGTERM');
    expect((await working).status).toBe(143);
  }, 150_000);
});
