import { afterAll } from 'vitest';
import { openMixpanelExport } from '../../../src/sources/mixpanel-export/mixpanel-export.js';
import { ACCOUNT, PROJECT, startMixpanel } from '../../stand-ins/mixpanel.js';
import { describeSource } from '../contract.js';

const mixpanel = await startMixpanel({ exportsPerHour: 1e9, exportsPerSecond: 1e9 });
afterAll(() => mixpanel[Symbol.asyncDispose]());

const START_MS = Date.UTC(2026, 0, 1);
const rows = Array.from({ length: 300 }, (_, n) => ({
  event: `name ${n % 3}`,
  properties: {
    time: START_MS + n * 1_000,
    distinct_id: `u${n % 7}`,
    $insert_id: `i-${n}`,
    note: 'ü\n'.repeat(n % 5),
    ip: 0,
  },
}));
await fetch(`${mixpanel.url}/import?strict=1&project_id=${PROJECT}`, {
  method: 'POST',
  headers: { authorization: `Basic ${Buffer.from(ACCOUNT).toString('base64')}`, 'content-type': 'application/json' },
  body: JSON.stringify(rows),
});

describeSource({
  name: 'a Mixpanel export',
  open: () =>
    openMixpanelExport(`mixpanel-export:?from=2026-01-01&to=2026-01-01&endpoint=${mixpanel.url}`, {
      env: { MIXPANEL_SERVICE_ACCOUNT: ACCOUNT, MIXPANEL_PROJECT_ID: PROJECT },
      batchBytes: 2_000,
      batchRecords: 20,
    }),
  expected: rows.map(({ event, properties: { time, distinct_id, $insert_id, note } }) =>
    JSON.stringify({ event, time, distinct_id, $insert_id, note }),
  ),
});
