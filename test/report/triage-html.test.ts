import { expect, test } from 'vitest';
import { renderTriageHtml } from '../../src/report/triage-html.js';
import type { TriageReport } from '../../src/report/triage-report.js';

const REPORT: TriageReport = {
  reportVersion: 1,
  command: 'triage',
  exitCode: 0,
  source: 'sidekiq:dead',
  complete: true,
  events: 3,
  origins: [{ name: 'events', events: 3 }],
  names: [{ name: 'paid', events: 3 }],
  signaturesFound: 1,
  signatures: [
    {
      id: '447426d7',
      cause: 'type',
      message: 'must be a string, is <null>',
      pointer: '/occurred_at',
      events: 3,
      overTime: [0, 3],
      origins: [{ name: 'orders', events: 3 }],
      names: [{ name: 'paid', events: 3 }],
      mostAttempts: 25,
      sample: '{\n  "occurred_at": null\n}',
      proposal: 'rules:\n  - name: "time"\n',
    },
  ],
  failures: [],
  warnings: [],
  notes: ['only the first 3 of 9 messages were looked at'],
  next: [],
  elapsedMs: 1,
};

test('rule and sample keep their lines, what letters say is no markup, and what was not looked at is told', () => {
  const page = renderTriageHtml(REPORT);

  expect(page).toMatch(/<pre>rules:\n {2}- name: &quot;time&quot;\n<\/pre>|<pre>rules:\n {2}- name: "time"\n<\/pre>/u);
  expect(page).toContain('{\n  ');
  expect(page).not.toContain('<null>');
  expect(page).toContain('tried up to 25 times · paid from orders');
  expect(page).toContain('only the first 3 of 9 messages were looked at');
});
