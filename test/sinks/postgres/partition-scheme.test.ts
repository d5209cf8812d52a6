import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lastDouble } from '../../../src/event/epoch.js';
import { partitionNamer } from '../../../src/sinks/postgres/partition-names.js';
import {
  DAY_US,
  gapsBetween,
  HOUR_US,
  learnScheme,
  PERIOD_NAMES,
  periodsOf,
  schemeNamed,
  schemeText,
} from '../../../src/sinks/postgres/partition-scheme.js';

const us = (text: string) => Date.parse(text) * 1000;

test.each([
  ['hour', '2024-03-01T05:00Z', '2024-03-01T06:00Z'],
  ['6 hours', '2024-03-01T06:00Z', '2024-03-01T12:00Z'],
  ['day', '2024-03-01T00:00Z', '2024-03-02T00:00Z'],
  ['day', '2024-03-01T23:00Z', '2024-03-02T23:00Z'],
  ['week', '2024-03-04T00:00Z', '2024-03-11T00:00Z'],
  ['10 days', '2024-03-01T00:00Z', '2024-03-11T00:00Z'],
  ['month', '2024-02-01T00:00Z', '2024-03-01T00:00Z'],
  ['month', '2024-02-01T05:00Z', '2024-03-01T05:00Z'],
  ['month', '2024-02-29T23:00Z', '2024-03-31T22:00Z'],
  ['3 months', '2024-04-01T00:00Z', '2024-07-01T00:00Z'],
  ['year', '2024-01-01T00:00Z', '2025-01-01T00:00Z'],
])('a %s is learnt from %s to %s', (text, from, to) => {
  const scheme = learnScheme([{ fromUs: us(from), toUs: us(to) }]);
  expect(scheme && schemeText(scheme)).toBe(text);
  expect(scheme && periodsOf(scheme)(us(from) + HOUR_US / 2).fromUs).toBe(us(from));
});

test('the last time in front of a day that a double can hold lies in the day before, whatever day a table began with', () => {
  const periodAt = periodsOf({ kind: 'fixed', lengthUs: DAY_US, anchorUs: us('2024-01-02T00:00Z') });
  for (let year = 2; year < 9_999; year++) {
    const midnight = us(`${String(year).padStart(4, '0')}-06-02T00:00Z`);
    const last = lastDouble(BigInt(midnight) - 1n);
    expect(periodAt(last), String(year)).toEqual({ fromUs: midnight - DAY_US, toUs: midnight });
  }
});

test('every instant lies in its period, and periods touch', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...PERIOD_NAMES),
      fc.integer({ min: us('0001-02-01T00:00Z') / 1000, max: us('9998-01-01T00:00Z') / 1000 }),
      (name, ms) => {
        const { fromUs, toUs } = periodsOf(schemeNamed(name))(ms * 1000);
        expect(fromUs).toBeLessThanOrEqual(ms * 1000);
        expect(toUs).toBeGreaterThan(ms * 1000);
        expect(periodsOf(schemeNamed(name))(toUs).fromUs).toBe(toUs);
      },
    ),
  );
});

const ZONES = [
  'Europe/Berlin',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'America/Havana',
  'Australia/Lord_Howe',
  'Asia/Beirut',
];

test('days, weeks and months of a zone touch, hold their instants, and are learnt from any of them', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ZONES),
      fc.constantFrom('day', 'week', 'month', 'year'),
      fc.integer({ min: us('1990-01-01T00:00Z') / 1000, max: us('2035-01-01T00:00Z') / 1000 }),
      (zone, name, ms) => {
        const at = periodsOf(schemeNamed(name, zone));
        const period = at(ms * 1000);
        expect(period.fromUs).toBeLessThanOrEqual(ms * 1000);
        expect(period.toUs).toBeGreaterThan(ms * 1000);
        expect(at(period.toUs).fromUs).toBe(period.toUs);
        expect(at(period.toUs - 1)).toEqual(period);
        const learnt = learnScheme([period], { stated: zone });
        const later = us('2024-04-15T12:00Z');
        expect(learnt && periodsOf(learnt)(later)).toEqual(at(later));
      },
    ),
    { numRuns: 400 },
  );
});

const day = (from: string, to: string) => ({ fromUs: us(from), toUs: us(to) });

test.each([
  [
    'midnights of UTC stay those of UTC',
    [day('2024-06-01T00:00Z', '2024-06-02T00:00Z')],
    { stated: 'Europe/London' },
    undefined,
  ],
  [
    'in winter London keeps the time of UTC: what the user names decides',
    [day('2024-01-01T00:00Z', '2024-01-02T00:00Z')],
    { stated: 'Europe/London' },
    'Europe/London',
  ],
  [
    'and the zone of the server does not',
    [day('2024-01-01T00:00Z', '2024-01-02T00:00Z')],
    { server: 'Europe/London' },
    undefined,
  ],
  [
    'unless the other partitions are of it',
    [day('2023-06-30T23:00Z', '2023-07-01T23:00Z'), day('2024-01-01T00:00Z', '2024-01-02T00:00Z')],
    { server: 'Europe/London' },
    'Europe/London',
  ],
  [
    'a zone that is not known here decides nothing',
    [day('2024-01-01T23:00Z', '2024-01-02T23:00Z')],
    { server: 'Mars/Olympus' },
    undefined,
  ],
  ['hours have no zone', [day('2024-01-01T23:00Z', '2024-01-02T00:00Z')], { stated: 'Europe/Berlin' }, undefined],
])('%s', (_, periods, hints, zone) => {
  expect(learnScheme(periods, hints)?.zone).toBe(zone);
});

test.each([
  ['t_20240229', '2024-02-29T00:00Z', DAY_US, 't_20240301'],
  ['t_p2024_02_29', '2024-02-29T00:00Z', DAY_US, 't_p2024_03_01'],
  ['part-2024-02-29-x', '2024-02-29T00:00Z', DAY_US, 'part-2024-03-01-x'],
  ['t_y2024m02d29', '2024-02-29T00:00Z', DAY_US, 't_y2024m03d01'],
  ['t_2024022923', '2024-02-29T23:00Z', HOUR_US, 't_2024030100'],
  ['t_2024_02_29_23', '2024-02-29T23:00Z', HOUR_US, 't_2024_03_01_00'],
  ['t_odd', '2024-02-29T00:00Z', DAY_US, 't_20240301'],
])('the partition behind %s is named in the same way', (name, from, lengthUs, next) => {
  const scheme = { kind: 'fixed', lengthUs, anchorUs: us(from) } as const;
  expect(partitionNamer('t', [{ name, fromUs: us(from) }], scheme)(us(from) + lengthUs)).toBe(next);
});

test('a name never grows beyond 63 bytes, and keeps its date', () => {
  const name = partitionNamer('ü'.repeat(40), [], schemeNamed('day'))(0);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
  expect(name).toMatch(/19700101$/);
});

test('gaps and periods hold every instant once', () => {
  const bounds = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(bounds, fc.integer({ min: -60, max: 60 }), (numbers, at) => {
      const sorted = numbers.toSorted((a, b) => a - b);
      const periods = sorted.slice(1).flatMap((toUs, n) => (toUs % 3 === 0 ? [] : [{ fromUs: sorted[n] ?? 0, toUs }]));
      const holding = [...periods.toReversed(), ...gapsBetween(periods.toReversed())].filter(
        ({ fromUs, toUs }) => fromUs <= at && at < toUs,
      );
      expect(holding.length).toBe(1);
    }),
  );
});
