import { expect, test } from 'vitest';
import { createDayList } from '../../../src/backfill/days/day-list.js';

const us = (text: string) => Date.parse(text) * 1_000;

test('days of a zone end where its clocks do, also on the days on which they change', () => {
  const days = createDayList('Europe/Vienna');
  expect(days.at(us('2019-03-30T23:30:00Z'))).toEqual({
    name: '2019-03-31',
    fromUs: us('2019-03-30T23:00:00Z'),
    toUs: us('2019-03-31T22:00:00Z'),
  });
  expect(days.at(us('2019-10-27T22:59:59.999Z'))).toMatchObject({
    name: '2019-10-27',
    fromUs: us('2019-10-26T22:00:00Z'),
    toUs: us('2019-10-27T23:00:00Z'),
  });
});

test('an instant lies in exactly one day, whatever the zone is ahead of UTC or behind it', () => {
  for (const zone of ['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago', 'America/New_York']) {
    const days = createDayList(zone);
    for (let at = us('2019-03-01T00:00:00Z'); at < us('2019-04-01T00:00:00Z'); at += 3_600e6) {
      const day = days.at(at);
      expect(day?.fromUs).toBeLessThanOrEqual(at);
      expect(day?.toUs).toBeGreaterThan(at);
    }
  }
});

test('no day takes what has no usable time', () => {
  const days = createDayList('UTC');
  expect([Number.NaN, Infinity, -1e18, 1e18].map((at) => days.at(at))).toEqual(Array(4).fill(undefined));
});
