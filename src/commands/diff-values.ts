import { isNumberText } from '../event/exact.js';
import { parsePointer } from '../event/pointer.js';
import type { Parser } from './option.js';
import { type NamedThreshold, namedThreshold, refuse } from './values.js';

const UNITS_US: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1e3,
  s: 1e6,
  m: 60e6,
  h: 3_600e6,
  d: 86_400e6,
};

/** A length of time in microseconds: `500ms`, `1s`, `10m`, `2h`, `1d`. */
export const duration: Parser<number> = (value, given) => {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)(us|ms|s|m|h|d)$/u.exec(value) ?? [];
  const size = UNITS_US[unit];
  return size === undefined
    ? refuse(given, value, 'a number with a unit (us, ms, s, m, h, d), such as 10m')
    : Math.round(Number(digits) * size);
};

/** `/pointer=0.01`. */
export const diffTolerance: Parser<{ readonly place: string; readonly by: string }> = (value, given) => {
  const at = value.lastIndexOf('=');
  const [place, by] = [value.slice(0, at), value.slice(at + 1)];
  if (at < 1 || !isNumberText(by) || by.startsWith('-')) {
    refuse(given, value, 'a place and a number, such as /amount=0.01');
  }
  parsePointer(place);
  return { place, by };
};

/** `left=/a right=/b`. */
export const diffRename: Parser<{ readonly left: readonly string[]; readonly right: readonly string[] }> = (
  value,
  given,
) => {
  const [, left, right] = /^left=(\S+)[ ,]+right=(\S+)$/u.exec(value.trim()) ?? [];
  return left === undefined || right === undefined
    ? refuse(given, value, 'two fields, such as "left=/user_id right=/userId"')
    : { left: parsePointer(left), right: parsePointer(right) };
};

const CLASSES = ['lost', 'late', 'duplicate', 'extra', 'enriched', 'reformatted', 'changed'];

/** `100`, `2.5%`, or one of them behind a class of differences: `reformatted=100%`. */
export const diffLimit: Parser<NamedThreshold> = async (value, given) => {
  const limit = await namedThreshold(value, given);
  if (limit.name === undefined || CLASSES.includes(limit.name)) return limit;
  return refuse(given, value, `a limit, or a class and its limit; classes are ${CLASSES.join(', ')}`);
};

const KINDS = ['missing', 'extra', 'changed'] as const;

/** Which events go to which file. */
export interface DiffEmit {
  readonly kind: (typeof KINDS)[number];
  readonly path: string;
}

/** `missing:gap.ndjson`. */
export const diffEmit: Parser<DiffEmit> = (value, given) => {
  const [word = '', ...rest] = value.split(':');
  const kind = KINDS.find((candidate) => candidate === word);
  const path = rest.join(':');
  return kind === undefined || path === ''
    ? refuse(given, value, `${KINDS.join(', ')} and a file, such as missing:gap.ndjson`)
    : { kind, path };
};
