import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { respool } from '../support/cli.js';
import { dayEvents } from './backfilling.js';
import { openDayPlace, openMixpanelPlace } from './day-place.js';
import { openPlace } from './place.js';

const EVENTS = 6_000;

function placeOf(target: string) {
  const events = dayEvents(EVENTS);
  if (target === 'a table') return openPlace(events);
  if (target === 'days of Mixpanel') return openMixpanelPlace(events);
  return openDayPlace(events, () => 'datadog-archive:out');
}

/** What `status` shows of the run that is going on in a place. */
async function statusOf(path: string) {
  const [run = ''] = await readdir(join(path, '.respool', 'runs')).catch(() => []);
  const { stdout } = await respool(['backfill', 'status', run, '--output', 'json'], { cwd: path });
  return { run, report: stdout === '' ? undefined : JSON.parse(stdout) };
}

for (const target of ['a table', 'days of an archive', 'days of Mixpanel']) {
  test(`a backfill of ${target} is slowed down, held and let go while it runs, and status says why it waits`, async () => {
    await using p = await placeOf(target);
    const { end } = p.start('--max-rate', '500', '--jobs', '1');
    let status = await statusOf(p.path);
    while (!(status.report?.pace?.passed > 0)) status = await statusOf(p.path);
    const { run } = status;
    const told = (...args: string[]) => respool(['backfill', ...args, run], { cwd: p.path });
    expect((await told('pause')).status).toBe(0);
    while (!/paused/.test(status.report?.pace?.waiting ?? '')) status = await statusOf(p.path);
    await sleep(2_500);
    const held = (await statusOf(p.path)).report.pace;
    await sleep(3_000);
    const still = (await statusOf(p.path)).report.pace;
    expect([still.passed, still.waiting]).toEqual([held.passed, 'paused by respool backfill pause']);
    expect(still.passed).toBeLessThan(EVENTS);

    expect((await told('resume', '--max-rate', '1000000')).status).toBe(0);
    const startedMs = Date.now();
    const { status: code, report } = await end;
    expect([code, report.complete]).toEqual([0, true]);
    // At 500 a second the rest would have taken longer.
    expect(Date.now() - startedMs).toBeLessThan(((EVENTS - still.passed) / 500) * 1_000 + 1_000);
    expect((await statusOf(p.path)).report.pace).toBeUndefined();
  }, 120_000);
}
