import { expect, test } from 'vitest';
import { renderBackfillHtml } from '../../src/report/backfill-html.js';
import type { BackfilledPartition, BackfillReport } from '../../src/report/backfill-report.js';
import { renderProgress } from '../../src/report/progress-line.js';

const day = (from: string, to: string, state: string) =>
  ({
    name: `ev_${from}`,
    from: `${from}T00:00:00.000Z`,
    to: `${to}T00:00:00.000Z`,
    state,
    read: 1,
    accepted: 1,
    duplicate: 0,
    rejected: 0,
  }) as BackfilledPartition; // what else is in it is not drawn

const page = (partitions: readonly BackfilledPartition[]) =>
  renderBackfillHtml({
    run: 'r',
    method: 'swap',
    table: 'public.ev',
    read: 2,
    elapsedMs: 1,
    partitions,
  } as unknown as BackfillReport); // the same

test('days stand in the page in a row a month, each at its place', () => {
  const html = page([day('2019-06-30', '2019-07-01', 'done'), day('2019-07-02', '2019-07-03', 'failed')]);
  const rows = [...html.matchAll(/<tr><th>(\d{4}-\d\d)(.*?)<\/tr>/g)];
  expect(rows.map(([, month]) => month)).toEqual(['2019-06', '2019-07']);
  const places = rows.map(([, , cells = '']) =>
    cells
      .split('<td')
      .slice(1)
      .findIndex((cell) => cell.includes('title=')),
  );
  expect(places).toEqual([29, 1]);
  expect(rows.map(([, , cells = '']) => cells.split('<td').length - 1)).toEqual([31, 31]);
  expect(html).toContain('title="ev_2019-07-02: failed"');
  expect(html).toContain('<td>2019-07-02 00:00Z<td>');
});

test('what is not days stands there one after another', () => {
  const html = page([day('2019-01-01', '2019-02-01', 'done'), day('2019-02-01', '2019-03-01', 'planned')]);
  expect(html).toContain('<ol class="calendar"><li class="done"');
});

test('where a share is one of events, no bytes a second are told', () => {
  const snapshot = { read: 50, bytesRead: 50, bytesTotal: 100, sinks: [], elapsedMs: 0 };
  const rate = { eventsPerSecond: 10, bytesPerSecond: 10 };
  expect(renderProgress({ ...snapshot, isSizedByEvents: true }, rate)).toBe('50 % · 50 events · 10/s · 5.0 s left');
  expect(renderProgress(snapshot, rate)).toBe('50 % · 50 events · 10/s · 10 B/s · 5.0 s left');
});

test.each([
  ['Auckland in summer', '2019-01-14T11:00:00.000Z', '2019-01-15T11:00:00.000Z'],
  ['Honolulu', '2019-01-15T10:00:00.000Z', '2019-01-16T10:00:00.000Z'],
])('a day of %s stands at its own date', (_, from, to) => {
  const other = day('2018-12-01', '2018-12-02', 'done');
  const html = page([other, { ...other, name: 'local', from, to }]);
  const cells = /<tr><th>2019-01(.*?)<\/tr>/.exec(html)?.[1]?.split('<td').slice(1) ?? [];
  expect(cells.findIndex((cell) => cell.includes('title="local'))).toBe(14);
});
