import { expect, test } from 'vitest';
import { events, replay } from '../../replay/replaying.js';
import { ACCOUNT, PROJECT, startMixpanel } from '../../stand-ins/mixpanel.js';
import { folderWith } from '../../support/cli.js';

test('--max-rate holds events back on their way to the service', async () => {
  await using folder = await folderWith({ 'a.ndjson': events(2_000) });
  const arrivals: { readonly atMs: number; readonly events: number }[] = [];
  let imported = 0;
  await using mixpanel = await startMixpanel();
  mixpanel.misbehave(() => {
    const now = mixpanel.counters.imported;
    arrivals.push({ atMs: performance.now(), events: now - imported });
    imported = now;
    return undefined;
  });
  const env = { MIXPANEL_SERVICE_ACCOUNT: ACCOUNT, MIXPANEL_PROJECT_ID: PROJECT };
  const run = await replay(['a.ndjson', '--max-rate', '1000', '--to', `mixpanel:?endpoint=${mixpanel.url}`], {
    cwd: folder.path,
    env,
  });
  expect(run.status).toBe(0);
  const [first, ...others] = arrivals;
  const lastMs = arrivals.at(-1)?.atMs ?? 0;
  const sent = others.reduce((sum, each) => sum + each.events, 0);
  const rate = (sent / (lastMs - (first?.atMs ?? 0))) * 1_000;
  // A machine under load delivers in bursts; without the throttle it would be many times as much. The benchmark has the exact figure.
  expect(rate).toBeLessThan(1_500);
});
