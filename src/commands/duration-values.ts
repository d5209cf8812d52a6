import type { Parser } from './option.js';
import { refuse } from './values.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

/** A time such as `500ms`, `2s`, `1.5min`, in milliseconds; above 0. */
export const milliseconds: Parser<number> = (value, given) => {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(value) ?? [];
  const ms = Number(digits) * (UNITS[unit] ?? Number.NaN);
  return ms > 0 ? ms : refuse(given, value, 'a time such as 500ms, 2s or 5min');
};
