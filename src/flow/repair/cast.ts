import { createTimeReader } from '../../event/time.js';
import type { CastTarget } from './rule.js';

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/u;
const readTime = createTimeReader({ timezone: 'UTC' });

/** The value as another type, as raw JSON; undefined when it cannot be meant. Digits are kept. */
export function cast(raw: string, to: CastTarget): string | undefined {
  const value: unknown = JSON.parse(raw);
  const text = typeof value === 'string' ? value.trim() : raw;
  switch (to) {
    case 'string':
      return typeof value === 'object' ? undefined : JSON.stringify(typeof value === 'string' ? value : raw);
    case 'number':
      return NUMBER.test(text) ? text : undefined;
    case 'integer':
      return wholeDigits(text);
    case 'boolean':
      return booleanOf(text.toLowerCase());
    case 'time':
      return timeOf(value, raw);
    case 'seconds-to-milliseconds':
      // Seconds beyond the year 5138 are milliseconds already: a second cast must not make them a thousand times more.
      return Math.abs(Number(text)) >= 1e11 ? undefined : shifted(text, 3);
    case 'milliseconds-to-seconds':
      return shifted(text, -3);
  }
}

/** `7`, `7.0` and `7e0` are 7; `7.5` is no integer. */
function wholeDigits(text: string): string | undefined {
  if (/^-?\d+$/u.test(text) && NUMBER.test(text)) return text;
  const plain = /^(-?\d+)\.0+$/u.exec(text)?.[1];
  if (plain !== undefined) return plain;
  return NUMBER.test(text) && Number.isSafeInteger(Number(text)) ? String(Number(text)) : undefined;
}

function booleanOf(text: string): string | undefined {
  if (['true', '1', 'yes'].includes(text)) return 'true';
  return ['false', '0', 'no'].includes(text) ? 'false' : undefined;
}

function timeOf(value: unknown, raw: string): string | undefined {
  const micros = readTime(value, typeof value === 'number' ? raw : undefined);
  if (Number.isNaN(micros)) return undefined;
  const date = new Date(Math.floor(micros / 1_000));
  return Number.isNaN(date.getTime()) ? undefined : JSON.stringify(date.toISOString());
}

/** A number with its decimal point moved. */
function shifted(text: string, places: number): string | undefined {
  if (!/^-?\d+(?:\.\d+)?$/u.test(text)) return undefined;
  return String(Number((Number(text) * 10 ** places).toFixed(6)));
}
