import { expect, test } from 'vitest';
import { respool } from '../support/cli.js';
import { dayEvents } from './backfilling.js';
import { openPlace } from './place.js';

test('status tells how fast a run goes and how long it will take, why it waits, and the rates of what is done', async () => {
  await using p = await openPlace(dayEvents(12_000));
  const running = p.start('--max-rate', '2000', '--jobs', '1');
  let run = '';
  while (run === '') {
    const [row] = await p.database.query(
      `select split_part(application_name, ' ', 2) as run from pg_stat_activity where application_name ~ '^respool-backfill'`,
    );
    run = String(row?.run ?? '');
  }
  const status = async () => {
    const { stdout } = await respool(['backfill', 'status', run, '--output', 'json'], p.call);
    return stdout === '' ? undefined : JSON.parse(stdout);
  };
  const until = async (holds: (report: Awaited<ReturnType<typeof status>>) => boolean) => {
    for (;;) {
      const report = await status();
      if (report !== undefined && holds(report)) return report;
      expect(running.child.exitCode).toBeNull();
    }
  };
  const moving = await until(({ pace }) => pace?.leftMs !== undefined);
  expect(moving.pace).toMatchObject({ total: 12_000 });
  expect(moving.pace.leftMs).toBeLessThan(60_000);
  const { stdout } = await respool(['backfill', 'status', run], p.call);
  expect(stdout).toMatch(/working: [\d,]+ of 12,000 rows · [\d,]+\/s/);
  await respool(['backfill', 'pause', run], p.call);
  const paused = await until(({ pace }) => pace?.waiting !== undefined);
  expect(paused.pace).toMatchObject({ waiting: 'paused by respool backfill pause' });
  expect(paused.pace).not.toHaveProperty('leftMs');
  await respool(['backfill', 'resume', run], p.call);

  expect((await running.end).status).toBe(0);
  const over = await status();
  for (const each of over.partitions) expect(each.eventsPerSecond).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  expect(await status()).not.toHaveProperty('pace');
}, 90_000);
