import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactMicros, microsText, roundedOff } from '../../src/event/exact-time.js';
import { createTimeReader } from '../../src/event/time.js';
import { timeText } from '../../src/event/time-text.js';

const readTime = createTimeReader({ timezone: 'UTC' });
const read = (text: string) => exactMicros(text, readTime(text));

const SECONDS = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });
const MICROS = fc.integer({ min: 0, max: 999_999 });

test('times of all years are read to the microsecond, in each way to write them', () => {
  fc.assert(
    fc.property(SECONDS, MICROS, fc.constantFrom('Z', '+00:00', '', ' UTC'), (seconds, micros, zone) => {
      const fraction = String(micros).padStart(6, '0');
      const text = `${new Date(seconds * 1_000).toISOString().slice(0, 19)}.${fraction}${zone}`;
      expect(read(text), text).toBe(BigInt(seconds) * 1_000_000n + BigInt(micros));
    }),
  );
});

test('what a double cannot hold is cut off, downwards, and can be had separately', () => {
  const ms = fc.integer({ min: 100_000_000_000, max: 99_999_999_999_999 });
  const text = fc.tuple(SECONDS, MICROS).map(([seconds, micros]) => timeText(seconds * 1_000_000, micros));
  fc.assert(
    fc.property(fc.oneof(ms, text), (value) => {
      const timeUs = readTime(value);
      const rest = roundedOff(timeUs, value);
      const exact = exactMicros(String(value), timeUs);
      expect(BigInt(timeUs) + BigInt(rest)).toBe(exact);
      expect(microsText(timeUs, value)).toBe(String(exact));
      expect(rest >= 0 && rest < 32).toBe(true);
      // No double lies between the two.
      if (rest > 0) expect(BigInt(nextDouble(timeUs))).toBeGreaterThan(exact);
      if (typeof value === 'string') expect(timeText(timeUs, rest)).toBe(value);
    }),
  );
});

function nextDouble(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value < 0 ? -1n : 1n));
  return view.getFloat64(0);
}

test.each([
  ['99999999999.999999', 99_999_999_999_999_999n],
  ['99999999999999', 99_999_999_999_999_000n],
  ['99999999999999999', 99_999_999_999_999_999n],
  ['-62135596799.9999999', -62_135_596_800_000_000n],
  ['9999-12-31', 253_402_214_400_000_000n],
  ['9999-12-31T23:59:59.999999+00', 253_402_300_799_999_999n],
  ['0001-01-01T00:00:00.0000019Z', -62_135_596_799_999_999n],
])('%s is %d', (text, micros) => {
  expect(read(text)).toBe(micros);
});
