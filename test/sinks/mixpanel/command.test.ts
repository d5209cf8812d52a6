import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { events, replay } from '../../replay/replaying.js';
import { always, scripted } from '../../stand-ins/faults.js';
import { ACCOUNT, type MixpanelSwitches, PROJECT, startMixpanel } from '../../stand-ins/mixpanel.js';
import { folderWith } from '../../support/cli.js';
import { sharedData } from '../../support/shared-data.js';

const env = { MIXPANEL_SERVICE_ACCOUNT: ACCOUNT, MIXPANEL_PROJECT_ID: PROJECT };
const hour = sharedData('gharchive/2015-01-01-12.json.gz');

async function start(switches: MixpanelSwitches = {}) {
  const mixpanel = await startMixpanel(switches);
  return {
    mixpanel,
    to: ['--to', `mixpanel:?endpoint=${mixpanel.url}&retry-for=2`],
    [Symbol.asyncDispose]: () => mixpanel[Symbol.asyncDispose](),
  };
}

test.skipIf(!existsSync(hour))(
  'an hour of GH Archive is imported, and replaying it again changes no report',
  { timeout: 90_000 },
  async () => {
    await using folder = await folderWith();
    await using t = await start();
    const to = [...t.to.slice(0, -1), `${t.to.at(-1)}&nested=text`];
    const first = await replay([hour, '--fresh', ...to], { cwd: folder.path, env });
    expect(first).toMatchObject({
      status: 0,
      report: { read: 8_273, balanced: true, sinks: [{ name: 'mixpanel', accepted: 8_273 }] },
    });
    const seen = JSON.stringify(t.mixpanel.query().map(({ ingestedMs, ...row }) => row));
    await replay([hour, '--fresh', '--resend', ...to], { cwd: folder.path, env });
    expect(JSON.stringify(t.mixpanel.query().map(({ ingestedMs, ...row }) => row))).toBe(seen);
    expect(t.mixpanel.counters).toMatchObject({
      refused: 0,
      time_overwritten: 0,
      geo_from_request_ip: 0,
      not_strict: 0,
    });
  },
);

test('an event that Mixpanel refuses is quarantined with its words, and exit 1 says so', async () => {
  await using folder = await folderWith({ 'a.ndjson': events(10) });
  await using t = await start({
    refuse: ({ properties }) =>
      properties.level_cm === 4 ? { field: 'properties.level_cm', message: 'too wet' } : undefined,
  });
  const run = await replay(['a.ndjson', ...t.to], { cwd: folder.path, env });
  expect(run).toMatchObject({
    status: 1,
    report: { balanced: true, quarantine: { events: 1 }, sinks: [{ accepted: 9, rejected: 1 }] },
  });
  expect(run.report.problems?.[0]).toMatchObject({ code: 'mixpanel_refused', message: 'too wet' });
});

test('credentials that are refused end the run with exit 2, and nothing was lost', async () => {
  await using folder = await folderWith({ 'a.ndjson': events(10) });
  await using t = await start();
  const wrong = { ...env, MIXPANEL_SERVICE_ACCOUNT: 'respool:wrong-secret-words' };
  const run = await replay(['a.ndjson', ...t.to], { cwd: folder.path, env: wrong });
  expect(run).toMatchObject({ status: 2, report: { complete: false, sinks: [{ accepted: 0, unsent: 10 }] } });
  expect(run.stdout + run.stderr).not.toContain('wrong-secret-words');
  expect(await replay(['a.ndjson', ...t.to], { cwd: folder.path, env })).toMatchObject({
    status: 0,
    report: { complete: true, sinks: [{ accepted: 10 }] },
  });
});

test('a service that is down leaves exit 4, and the same command sends the rest', async () => {
  await using folder = await folderWith({ 'a.ndjson': events(10) });
  await using t = await start({ faults: always({ kind: 'answer', status: 503, body: '<html>down</html>' }) });
  const run = await replay(['a.ndjson', ...t.to], { cwd: folder.path, env });
  expect(run).toMatchObject({
    status: 4,
    report: { sinks: [{ unsent: 10 }], failures: [{ code: 'sink_unavailable' }] },
  });
  t.mixpanel.misbehave(scripted());
  expect(await replay(['a.ndjson', ...t.to], { cwd: folder.path, env })).toMatchObject({ status: 0 });
  expect(t.mixpanel.query()).toHaveLength(10);
});

test('an event whose time has not come leaves exit 4, and a dry run says so before', async () => {
  const ahead = JSON.stringify({
    event_id: 'x',
    name: 'n',
    occurred_at: new Date(Date.now() + 7_200_000).toISOString(),
  });
  await using folder = await folderWith({ 'a.ndjson': `${events(3)}${ahead}\n` });
  await using t = await start();
  const plan = await replay(['a.ndjson', '--dry-run', ...t.to], { cwd: folder.path, env });
  expect(plan.stdout).toContain('not come yet');
  expect(t.mixpanel.requests).toBe(0);
  expect(await replay(['a.ndjson', ...t.to], { cwd: folder.path, env })).toMatchObject({
    status: 4,
    report: { complete: false, balanced: true, sinks: [{ accepted: 3, unsent: 1 }] },
  });
});
