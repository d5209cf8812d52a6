import { fullFormats } from 'ajv-formats/dist/formats.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPlainDateTime } from '../../src/schema/date-time.js';

const { validate } = Object(fullFormats['date-time']);

test('what is taken without further ado is a date-time to ajv-formats, too', () => {
  const digits = (max: number) => fc.nat(max).map((number) => String(number).padStart(2, '0'));
  const parts = fc.tuple(digits(99), digits(99), digits(14), digits(33), digits(26), digits(62), digits(62));
  const fraction = fc.constantFrom('', '.', '.1', '.123456789', '.x', ',5');
  const zone = fc.constantFrom('Z', 'z', '', '+00:00', 'ZZ');
  let taken = 0;
  fc.assert(
    fc.property(parts, fraction, zone, ([century, year, month, day, hour, minute, second], rest, end) => {
      const text = `${century}${year}-${month}-${day}T${hour}:${minute}:${second}${rest}${end}`;
      if (!isPlainDateTime(text)) return;
      taken++;
      expect(validate(text)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  expect(taken).toBeGreaterThan(100);
});

test.each(['2024-01-31T12:00:00Z', '2024-02-29T23:59:59.123Z', '0001-01-01T00:00:00Z'])('%s is taken', (text) => {
  expect(isPlainDateTime(text)).toBe(true);
});

test.each([
  '2023-02-29T00:00:00Z',
  '2024-01-31 12:00:00Z',
  '2024-01-31T24:00:00Z',
  '2024-01-31T12:00:00',
  '',
  '2024-01-31T12:00:00Zx',
])('%s is left to others', (text) => {
  expect(isPlainDateTime(text)).toBe(false);
});
