import type { DiffReport } from '../../src/report/diff-report.js';

/** A report with something of everything, and text in it that wants to be more than text. */
export const differentReport: DiffReport = {
  reportVersion: 1,
  command: 'diff',
  run: '20260101-000000-0001',
  complete: true,
  balanced: true,
  exitCode: 1,
  left: 1_003,
  right: 1_002,
  equal: 999,
  changed: 2,
  missing: 2,
  extra: 1,
  duplicates: { left: 1, right: 0 },
  fields: [
    { pointer: '/properties/fee', changed: 2, added: 0, removed: 0, reformatted: 1 },
    { pointer: '/<script>alert(1)</script>', changed: 1, added: 1, removed: 0, reformatted: 0 },
  ],
  classes: { lost: 1, late: 0, duplicate: 1, extra: 1, enriched: 0, reformatted: 1, changed: 1 },
  names: [{ label: 'ship_arrived', missing: 2, extra: 1, changed: 2 }],
  days: [{ label: '2019-07-01', missing: 2, extra: 1, changed: 2 }],
  hours: [
    { label: '2019-07-01T03:00Z', missing: 2, extra: 0, changed: 0 },
    { label: '2019-07-01T09:00Z', missing: 0, extra: 1, changed: 2 },
  ],
  examples: [
    {
      kind: 'missing',
      class: 'lost',
      key: 'e1',
      name: 'ship_arrived',
      time: '2019-07-01T03:00:00.000Z',
      left: { source: 'old/a.ndjson', line: 7, text: '{"event_id":"e1","note":"::error::<b>x</b>"}' },
      differences: [],
    },
    {
      kind: 'changed',
      class: 'changed',
      key: 'e2',
      left: { source: 'old/a.ndjson', line: 8, text: '{"event_id":"e2","fee":1}' },
      right: { source: 'new/b.ndjson', line: 9, text: '{"event_id":"e2","fee":2}' },
      differences: [
        { pointer: '/properties/fee', left: '1', right: '2' },
        { pointer: '/<script>alert(1)</script>', right: '"\u001b[31m"' },
      ],
    },
  ],
  sides: {
    left: {
      label: 'old/',
      parts: 2,
      events: 1_003,
      filtered: 0,
      unreadable: 0,
      first: '2019-07-01T00:00:00.000Z',
      last: '2019-07-01T09:00:00.000Z',
    },
    right: { label: 'new/', parts: 1, events: 1_002, filtered: 0, unreadable: 0 },
  },
  key: '/event_id',
  tolerated: 4,
  settling: { left: 1, right: 0 },
  findings: [{ code: 'too_many_differences', message: '5 differences (0.50%); --max-diff is 1' }],
  warnings: ['the table has no column for /x'],
  elapsedMs: 1_234,
};

/** Both sides are equal. */
export const equalReport: DiffReport = {
  ...differentReport,
  exitCode: 0,
  left: 999,
  right: 999,
  changed: 0,
  missing: 0,
  extra: 0,
  fields: [],
  classes: { lost: 0, late: 0, duplicate: 0, extra: 0, enriched: 0, reformatted: 0, changed: 0 },
  names: [],
  days: [],
  hours: [],
  examples: [],
  findings: [],
  warnings: [],
  tolerated: 0,
  settling: { left: 0, right: 0 },
};

/** One side could not be read to its end. */
export const unreadReport: DiffReport = {
  ...equalReport,
  complete: false,
  exitCode: 2,
  sides: {
    ...equalReport.sides,
    right: {
      ...equalReport.sides.right,
      unreadable: 1,
      unreadableExamples: [
        { part: 'new/b.ndjson', line: 3, code: 'invalid_json', message: 'the text ends inside a string' },
      ],
    },
  },
  failures: [{ part: 'new/c.gz', code: 'source_truncated', message: 'it ends too early' }],
};
