import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactMicros } from '../../src/event/exact-time.js';
import { createTimeReader } from '../../src/event/time.js';

const read = createTimeReader({ timezone: 'UTC' });
const iso = (micros: number) => new Date(micros / 1000).toISOString();

describe('RFC 3339', () => {
  test.each([
    ['2019-01-01T00:00:00Z', 1_546_300_800_000_000],
    ['2019-01-01t00:00:00z', 1_546_300_800_000_000],
    ['2019-01-01 00:00:00Z', 1_546_300_800_000_000],
    ['2019-01-01T02:00:00+02:00', 1_546_300_800_000_000],
    ['2018-12-31T18:30:00-05:30', 1_546_300_800_000_000],
    ['2018-12-31T18:30:00-0530', 1_546_300_800_000_000],
    ['2019-01-01 00:00:00+00', 1_546_300_800_000_000],
    ['2019-01-01 00:00:00 UTC', 1_546_300_800_000_000],
    ['2019-01-01T00:00:00.5Z', 1_546_300_800_500_000],
    ['2019-01-01T00:00:00.123456Z', 1_546_300_800_123_456],
    ['2019-01-01T00:00:00.123456999Z', 1_546_300_800_123_456],
    ['1969-12-31T23:59:59.9999999Z', -1],
    ['2016-12-31T23:59:60Z', 1_483_228_800_000_000],
    ['2016-12-31T23:59:60.25Z', 1_483_228_800_250_000],
    ['2018-12-31T24:00:00Z', 1_546_300_800_000_000],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000_000],
    ['9999-12-31T23:59:59Z', 253_402_300_799_000_000],
    ['9999-12-31T23:59:59.999999Z', 253_402_300_800_000_000 - 32],
    ['9999-12-31 22:59:59.9999999-01:00', 253_402_300_800_000_000 - 32],
    ['2020-02-29T00:00:00Z', 1_582_934_400_000_000],
  ])('%s is %d', (text, micros) => {
    expect(read(text)).toBe(micros);
  });

  test.each([
    '2019-02-30T00:00:00Z',
    '2019-02-29',
    '1900-02-29',
    '2019-13-01T00:00:00Z',
    '2019-00-01T00:00:00Z',
    '2019-01-00',
    '0000-01-01T00:00:00Z',
    '9999-12-31T24:00:00Z',
    '9999-12-31T23:59:59-01:00',
    '9999-12-31T23:00:00.0-01:00',
    '9999-12-31T23:00:00.999999-01:00',
    '0001-01-01T00:00:00+01:00',
    '2019-01-01T24:00:01Z',
    '2019-01-01T24:00:00.5Z',
    '2019-01-01T25:00:00Z',
    '2019-01-01T00:60:00Z',
    '2019-01-01T00:00:61Z',
    '2019-01-01T00:00:60Z',
    '2019-01-01T00:00:00.Z',
    '2019-01-01T00:00:00+24:00',
    '2019-01-01T00:00:00+01:60',
    '2019-01-01T00:00:00+1:00',
    '2019-01-01T00:00:00Zjunk',
    '2019-01-01T00:00:00+02:00junk',
    '2019-01-01T00:00Z',
    '2019-01-01x00:00:00Z',
    '2019-01-01T',
    '2019-1-1',
    '19-01-01',
    'yesterday',
    '',
    ' ',
    '2019-01-01T0a:00:00Z',
  ])('%j is no time', (text) => {
    expect(read(text)).toBeNaN();
  });

  test('every instant is read as the platform reads it, at any offset', () => {
    const instant = fc.integer({ min: Date.UTC(1, 0), max: Date.UTC(9999, 0) });
    const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 });
    fc.assert(
      fc.property(instant, offset, (millis, minutes) => {
        const text = new Date(millis).toISOString();
        fc.pre(!text.startsWith('-') && !text.startsWith('+') && millis > Date.UTC(101, 0));
        const sign = minutes < 0 ? '-' : '+';
        const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const zoned = `${text.slice(0, -1)}${sign}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
        expect(exactMicros(text, read(text))).toBe(BigInt(millis) * 1000n);
        expect(exactMicros(zoned, read(zoned))).toBe(BigInt(millis - minutes * 60_000) * 1000n);
      }),
    );
  });
});

describe('epochs', () => {
  test.each([
    ['seconds', 1_546_300_800, undefined, 1_546_300_800_000_000],
    ['milliseconds', 1_546_300_800_123, undefined, 1_546_300_800_123_000],
    ['microseconds', 1_546_300_800_123_456, undefined, 1_546_300_800_123_456],
    ['nanoseconds beyond 2^53 by their digits', 1_546_300_800_123_457e3, '1546300800123456999', 1_546_300_800_123_456],
    ['seconds with a fraction', 1_546_300_800.123456, '1546300800.123456', 1_546_300_800_123_456],
    ['seconds with a fraction and no digits at hand', 1_546_300_800.123456, undefined, 1_546_300_800_123_456],
    ['milliseconds with a fraction', 1_546_300_800_123.456, '1546300800123.4567', 1_546_300_800_123_456],
    ['a fraction before 1970, downwards', -1.0000005, '-1.0000005', -1_000_001],
    ['zero', 0, undefined, 0],
    ['an exponent', 1.5463008e9, '1.5463008e9', 1_546_300_800_000_000],
  ])('%s', (_, value, raw, micros) => {
    expect(read(value, raw)).toBe(micros);
  });

  test.each([
    ['1546300800', 1_546_300_800_000_000],
    ['1546300800123', 1_546_300_800_123_000],
    ['1546300800123456789', 1_546_300_800_123_456],
    ['1546300800.25', 1_546_300_800_250_000],
    ['-86400', -86_400_000_000],
  ])('%j in a string is read like the number', (text, micros) => {
    expect(read(text)).toBe(micros);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300, -99_999_999_999, '999999999999999999999', '0x10', '1e9x'])(
    '%j is no time',
    (value) => {
      expect(read(value)).toBeNaN();
    },
  );

  test('what is neither text nor number is no time', () => {
    for (const value of [null, undefined, true, {}, []]) expect(read(value)).toBeNaN();
  });
});

describe('local times', () => {
  const berlin = createTimeReader({ timezone: 'Europe/Berlin' });

  test.each([
    ['2024-01-31', '2024-01-30T23:00:00.000Z'],
    ['2024-07-31 12:00:00', '2024-07-31T10:00:00.000Z'],
    ['2024-07-31T12:00:00.25', '2024-07-31T10:00:00.250Z'],
    ['2024-03-31 01:59:59', '2024-03-31T00:59:59.000Z'],
    ['2024-03-31 02:30:00', '2024-03-31T01:30:00.000Z'],
    ['2024-03-31 03:00:00', '2024-03-31T01:00:00.000Z'],
    ['2024-10-27 02:30:00', '2024-10-27T00:30:00.000Z'],
    ['2024-10-27 03:00:00', '2024-10-27T02:00:00.000Z'],
  ])('%s in Berlin is %s', (text, expected) => {
    expect(iso(berlin(text))).toBe(expected);
  });

  test('an explicit offset wins over the zone', () => {
    expect(iso(berlin('2024-01-31T00:00:00Z'))).toBe('2024-01-31T00:00:00.000Z');
  });

  test('half-hour changes and fixed offsets are kept', () => {
    const lordHowe = createTimeReader({ timezone: 'Australia/Lord_Howe' });
    expect(iso(lordHowe('2024-10-06 02:15:00'))).toBe('2024-10-05T15:45:00.000Z');
    expect(iso(createTimeReader({ timezone: '-03:30' })('2024-01-01'))).toBe('2024-01-01T03:30:00.000Z');
  });

  test.each(['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/St_Johns'])(
    'what a clock in %s shows is read as that instant, or as the earlier of two',
    (timezone) => {
      const reader = createTimeReader({ timezone });
      const clock = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
      const seconds = fc.integer({ min: Date.UTC(1975, 0) / 1000, max: Date.UTC(2037, 0) / 1000 });
      fc.assert(
        fc.property(seconds, (second) => {
          const micros = reader(clock.format(second * 1000));
          expect([0, 1800e6, 3600e6, 7200e6]).toContain(second * 1e6 - micros);
          expect(clock.format(micros / 1000)).toBe(clock.format(second * 1000));
        }),
      );
    },
  );

  test('an unknown zone is refused with what was meant', () => {
    expect(() => createTimeReader({ timezone: 'Europe/Berln' })).toThrow(
      expect.objectContaining({ code: 'bad_timezone', hint: 'did you mean "Europe/Berlin"?' }),
    );
    expect(() => createTimeReader({ timezone: 'nowhere+02:00' })).toThrow(/no time zone/u);
  });
});
