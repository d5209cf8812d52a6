import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainTime } from '../../src/event/plain-time.js';
import { createTimeReader } from '../../src/event/time.js';

const read = (text: string, isUtcWithoutZone = true) => {
  const bytes = Buffer.from(`"${text}"`);
  return plainTime(bytes, 1, bytes.length - 1, isUtcWithoutZone);
};

test('the commonest times are read as the full reader reads them', () => {
  const readTime = createTimeReader({ timezone: 'UTC' });
  const time = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
  fc.assert(
    fc.property(time, fc.constantFrom('Z', '', ' '), fc.stringMatching(/^\d{0,6}$/), (date, form, digits) => {
      const seconds = date.toISOString().slice(0, 19) + (digits === '' ? '' : `.${digits}`);
      const text = form === 'Z' ? `${seconds}Z` : form === '' ? seconds : seconds.replace('T', ' ');
      const timeUs = readTime(text);
      expect(read(text), text).toBe(Number.isSafeInteger(timeUs) ? timeUs : Number.NaN);
    }),
  );
});

test('of anything else nothing is said, and never another time than the full reader says', () => {
  const readTime = createTimeReader({ timezone: 'UTC' });
  const base = '2024-02-29T23:59:59.123456Z';
  fc.assert(
    fc.property(
      fc.nat(base.length),
      fc.nat(2),
      fc.constantFrom('', '0', '9', ' ', '-', ':', 'Z', '+', 'T', '.'),
      (at, drop, add) => {
        const text = base.slice(0, at) + add + base.slice(at + drop);
        const time = read(text);
        if (!Number.isNaN(time)) expect(time, text).toBe(readTime(text));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a time without a zone is left alone where it does not mean UTC', () => {
  expect(read('2024-01-31 12:00:00', false)).toBeNaN();
  expect(read('2024-01-31T12:00:00Z', false)).toBe(Date.UTC(2024, 0, 31, 12) * 1_000);
});

test.each([
  '2023-02-29T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-01-01T24:00:00Z',
  '2024-01-01T00:00:60Z',
  '9999-12-31T23:59:59.999999Z',
  '2024-01-01',
  '',
])('%j is no plain time', (text) => {
  expect(read(text)).toBeNaN();
});
