import { expect, test } from 'vitest';
import type { Plan } from '../../src/report/plan.js';
import { planRenderers } from '../../src/report/plan-renderers.js';

const style = { colors: false, columns: 80 };

const plan: Plan = {
  planVersion: 1,
  command: 'replay',
  exitCode: 1,
  files: [
    {
      path: '/srv/exports/production/telemetry/2019/07/2019-07-01.ndjson.gz',
      format: 'ndjson',
      compression: 'gzip',
      bytes: 18_400_000,
      events: 100_000,
    },
    ...Array.from({ length: 24 }, (_, at) => ({ path: `b/${at}.csv`, format: 'csv', bytes: 900, events: 10 })),
  ],
  read: 100_240,
  undecodable: 1,
  filtered: 0,
  invalid: 2,
  deliverable: 100_237,
  fields: [
    { field: 'id', why: 'derived from the content' },
    { field: 'time', pointer: '/properties/occurred_at', why: '--time' },
  ],
  names: [
    { name: 'page_viewed', events: 100_000 },
    { name: '', events: 237 },
  ],
  days: Array.from({ length: 31 }, (_, at) => ({
    day: `2019-07-${String(at + 1).padStart(2, '0')}`,
    events: 3_000 + at,
  })),
  sinks: [
    {
      name: 'postgres',
      label: 'postgres://db/app?table=events',
      partitions: ['events_20190701', 'events_20190702'],
      notes: ['columns: event_id ← the id, occurred_at ← the time'],
      refused: 0,
      warnings: ['the table has no index on name'],
    },
    {
      name: 'datadog-logs',
      label: 'datadog-logs:service=shop',
      partitions: [],
      refused: 100_000,
      notes: [],
      warnings: [],
    },
  ],
  problems: [{ stage: 'invalid', code: 'required', message: '/user is missing', events: 2, example: 'b/0.csv:3' }],
  notes: ['--timezone UTC is used for 3 times'],
  warnings: ['the table has no index on name'],
  elapsedMs: 3_600,
};

test('the table of a plan fits 80 columns, and long lists are cut with what is left', async () => {
  const table = await planRenderers.table(plan, style);

  await expect(table).toMatchFileSnapshot('../../fixtures/report/plan.txt');
  expect(table.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(table).toContain('… and 5 more files (50 events)');
  expect(table).toContain('… and 11 more days (33,275 events)');
});

test('a warning that plan and sink share is told once', async () => {
  expect((await planRenderers.table(plan, style)).split('the table has no index on name')).toHaveLength(2);
});

test('JSON holds the whole plan, Markdown its tables', async () => {
  expect(JSON.parse(await planRenderers.json(plan, style))).toEqual(plan);
  await expect(await planRenderers.markdown(plan, style)).toMatchFileSnapshot('../../fixtures/report/plan.md');
});
