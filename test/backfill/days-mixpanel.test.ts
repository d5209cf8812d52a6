import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { always } from '../stand-ins/faults.js';
import { respool } from '../support/cli.js';
import { dayEvents } from './backfilling.js';
import { MIXPANEL_ENV, openDayPlace, openMixpanelPlace } from './day-place.js';

const HOUR_MS = 3_600_000;

test('events out of order go to Mixpanel by days; each day is counted, and its export holds exactly its ids', async () => {
  await using p = await openMixpanelPlace(
    `${dayEvents(3_000)}{"event_id":"x","name":"tide_measured"}\nnot json\n${dayEvents(300, { days: 30, from: 50_000 })}`,
  );
  const { status, report } = await p.run();
  expect(
    report.partitions.map(({ name, from, state, read, accepted, verified }) => [
      name,
      from,
      state,
      read,
      accepted,
      verified,
    ]),
  ).toEqual([
    ['2019-07-01', '2019-07-01T00:00:00.000Z', 'done', 1_010, 1_010, true],
    ['2019-07-02', '2019-07-02T00:00:00.000Z', 'done', 1_010, 1_010, true],
    ['2019-07-03', '2019-07-03T00:00:00.000Z', 'done', 1_010, 1_010, true],
  ]);
  // The event without a time belongs to no day, and is refused.
  expect(report).toMatchObject({ balanced: true, complete: true, read: 3_302, undecodable: 1, filtered: 270 });
  expect(report.sinks).toMatchObject([{ name: 'mixpanel', accepted: 3_030, rejected: 1, unknown: 0, unsent: 0 }]);
  expect(status).toBe(1);
  expect(p.mixpanel.raw.length).toBe(3_030);
  expect(new Set(p.mixpanel.query().map(({ properties }) => properties.$insert_id)).size).toBe(3_030);

  // What is there is not sent again, and the plan knows it beforehand.
  const dry = await p.run('--dry-run');
  expect(dry.report.partitions).toMatchObject([
    { state: 'planned', expected: { accepted: 0, duplicate: 1_010 } },
    {},
    {},
  ]);
  const again = await p.run();
  expect(again.report.sinks).toMatchObject([{ accepted: 0, duplicate: 3_030, rejected: 1 }]);
  expect(again.report.partitions.every(({ state, verified }) => state === 'done' && verified)).toBe(true);
  expect(p.mixpanel.raw.length).toBe(3_030);
});

test('what cannot be seen yet is neither done nor failed: verify finds it later, and nothing is sent again', async () => {
  let aheadMs = 0;
  await using p = await openMixpanelPlace(dayEvents(300), {
    now: () => Date.now() + aheadMs,
    visibleAfterMs: HOUR_MS,
  });
  const first = await p.run();
  expect(first).toMatchObject({ status: 4, report: { complete: false, balanced: true, sinks: [{ accepted: 300 }] } });
  expect(first.report.partitions.every(({ state, verified }) => state === 'verifying' && !verified)).toBe(true);
  expect(first.report.partitions.map(({ evidence }) => evidence)).toContain('100 ids in the source, 0 found so far');
  expect(first.report.next).toMatchObject([{ command: expect.stringContaining('respool backfill verify') }]);

  expect(await p.later('verify', first.report.run)).toMatchObject({ status: 4 });
  expect(await p.run()).toMatchObject({ status: 4, report: { run: first.report.run } });
  aheadMs = 2 * HOUR_MS;
  const seen = await p.later('verify', first.report.run);
  expect(seen).toMatchObject({ status: 0, report: { complete: true } });
  expect(seen.report.partitions.every(({ state, verified }) => state === 'done' && verified)).toBe(true);
  expect(await p.later('status', first.report.run)).toMatchObject({ report: { complete: true } });
  expect(p.mixpanel.raw.length).toBe(300);
});

test('a refused event is quarantined with its line in the dump, and the rest of its day is proved without it', async () => {
  await using p = await openMixpanelPlace(dayEvents(300), {
    refuse: ({ properties }) =>
      properties.level_cm === 7 ? { field: 'properties.level_cm', message: 'too wet' } : undefined,
  });
  const { status, report } = await p.run();
  expect(status).toBe(1);
  expect(report.partitions[0]).toMatchObject({ state: 'done', read: 100, accepted: 99, rejected: 1, verified: true });
  expect(report.problems).toMatchObject([{ stage: 'mixpanel', message: 'too wet' }]);
  const lines = dayEvents(300).split('\n');
  const line = 1 + lines.findIndex((text) => text.includes('"level_cm":7}'));
  const quarantine = await readFile(`${p.path}/${report.quarantine?.path}`, 'utf8');
  expect(JSON.parse(quarantine)).toMatchObject({
    kind: 'rejected',
    id: 'e7',
    source: { part: 'dump.ndjson', line, offset: lines.slice(0, line - 1).join('\n').length + 1 },
  });
});

test('a service that is down leaves exit 4, refused credentials exit 2; the same command goes on', async () => {
  await using p = await openMixpanelPlace(dayEvents(300));
  p.mixpanel.misbehave(always({ kind: 'answer', status: 503, body: '<html>down</html>' }));
  expect(await p.run()).toMatchObject({ status: 4, report: { sinks: [{ accepted: 0, unsent: 300 }] } });
  p.mixpanel.misbehave(always({ kind: 'answer', status: 401, body: '{}' }));
  const refused = await p.run();
  expect(refused).toMatchObject({ status: 2, report: { failures: [{ code: 'sink_refused' }] } });
  p.mixpanel.misbehave(undefined);
  expect(await p.run()).toMatchObject({ status: 0, report: { run: refused.report.run, sinks: [{ accepted: 300 }] } });
  expect(p.mixpanel.raw.length).toBe(300);
});

test('events of which nobody knows are a failure of their day alone, and retry decides', async () => {
  await using p = await openMixpanelPlace(dayEvents(6));
  const takesNothing = JSON.stringify({ code: 200, num_records_imported: 0, status: 'OK' });
  p.mixpanel.misbehave(always({ kind: 'answer', status: 200, body: takesNothing }));
  const { status, report } = await p.run();
  expect(status).toBe(2);
  expect(report).toMatchObject({ balanced: true, sinks: [{ accepted: 0, unknown: 6 }] });
  expect(report.partitions).toMatchObject(
    Array(3).fill({ state: 'failed', unknown: 2, error: { code: 'unknown_left' } }),
  );
  p.mixpanel.misbehave(undefined);
  const retried = await p.later('retry', report.run);
  expect(retried).toMatchObject({ status: 0, report: { complete: true, sinks: [{ accepted: 6, unknown: 0 }] } });
  expect(p.mixpanel.raw.length).toBe(6);
});

test('what is missing long after its delivery is a failure, and retry --resend heals it', async () => {
  await using p = await openMixpanelPlace(dayEvents(30));
  const { report } = await p.run();
  expect(report).toMatchObject({ complete: true });
  // Somebody deletes an event there, and the delivery lies years back.
  const rows = p.mixpanel.raw as unknown[];
  rows.splice(
    rows.findIndex((row) => JSON.stringify(row).includes('"e3"')),
    1,
  );
  const states = join(p.path, '.respool/runs', report.run, 'states.ndjson');
  const longAgo = [0, 1, 2].map((partition) => JSON.stringify({ partition, deliveredAt: '2020-01-01T00:00:00.000Z' }));
  await appendFile(states, `\n${longAgo.join('\n')}\n`);

  const looked = await p.later('verify', report.run);
  expect(looked.status).toBe(1);
  const failed = looked.report.partitions.filter(({ state }) => state === 'failed');
  expect(failed).toMatchObject([{ evidence: '10 ids in the source, 9 found', error: { code: 'not_verified' } }]);
  // By itself nothing is sent twice, so nothing changes.
  expect(await p.later('retry', report.run)).toMatchObject({ status: 2 });
  expect(rows.length).toBe(29);
  const healed = await p.later('retry', report.run, '--resend');
  expect(healed).toMatchObject({ status: 0, report: { complete: true, balanced: true, sinks: [{ accepted: 30 }] } });
  expect(rows.length).toBe(39);
  expect(p.mixpanel.query().length).toBe(30);
});

test('a token that cannot be asked is told: delivered, not verifiable', async () => {
  await using p = await openMixpanelPlace(dayEvents(30), { token: 'tok' }, '&token=tok');
  const call = { ...p.call, env: {} };
  const run = await respool(['backfill', 'dump.ndjson', '--to', p.target], call);
  expect(run.status).toBe(0);
  expect(run.stdout).toContain('2019-07-02: delivered; not verifiable: a token may import');
});

test('undo, drop, swap and what belongs to tables are refused with the reason', async () => {
  await using p = await openMixpanelPlace(dayEvents(30));
  const { report } = await p.run();
  for (const verb of ['undo', 'drop']) {
    const refused = await p.later(verb, report.run, '--yes');
    expect(refused).toMatchObject({ status: 3, stderr: expect.stringContaining('cannot be taken back') });
  }
  expect(await p.run('--method', 'swap')).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('a service has no partitions'),
  });
  await using logs = await openDayPlace(dayEvents(30), () => 'datadog-logs', { ...MIXPANEL_ENV, DD_API_KEY: 'k' });
  expect(await logs.run()).toMatchObject({ status: 3, stderr: expect.stringContaining('datadog-archive') });
});
