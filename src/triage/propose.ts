import { formatPointer, parsePointer, valueAt } from '../event/pointer.js';
import { createTimeReader } from '../event/time.js';
import type { Signature } from '../flow/signature.js';

const readTime = createTimeReader({ timezone: 'UTC' });
const DEEPEST = 4;

/** A repair rule that would mend the samples of a signature, as YAML; undefined where none is evident. */
export function proposeRule({ pointer, message, cause }: Signature, samples: readonly unknown[]): string | undefined {
  if (pointer === undefined || samples.length === 0) return undefined;
  const at = parsePointer(pointer);
  const values = samples.map((sample) => valueAt(sample, at));
  if (values.every((value) => value === undefined || value === null)) return missing(pointer, samples);
  const wanted = /must be an? (number|integer|string|boolean)/u.exec(message)?.[1];
  if (wanted !== undefined && values.every((value) => fits(value, wanted))) {
    return rule(`${pointer} is a ${wanted}`, undefined, `cast: { ${pointer}: ${wanted} }`);
  }
  if (/minimum|too_old|range|time|22008/iu.test(`${cause} ${message}`) && values.every(isSeconds)) {
    return rule(
      `${pointer} is in milliseconds`,
      `${path(pointer)} < 100000000000.0`,
      `cast: { ${pointer}: seconds-to-milliseconds }`,
    );
  }
  return undefined;
}

function missing(pointer: string, samples: readonly unknown[]): string | undefined {
  const places = placesInAll(samples);
  const name = plainName(pointer);
  const parent = pointer.slice(0, pointer.lastIndexOf('/'));
  const renamed = places.find((place) => plainName(place) === name && place !== pointer && isBeside(place, parent));
  // Other letters of the queue may have both, and what is right must not be overwritten.
  const when = `!(${has(pointer)}) || ${path(pointer)} == null`;
  if (renamed !== undefined) return rule(`${renamed} is called ${pointer}`, when, `rename: { ${renamed}: ${pointer} }`);
  const moved = places.find((place) => plainName(place) === name && place !== pointer);
  const source = moved ?? (isTimeLike(pointer) ? bestTime(places, samples) : undefined);
  return source === undefined ? undefined : rule(`${pointer} from ${source}`, when, `copy: { ${source}: ${pointer} }`);
}

/** Pointers to scalars that every sample has. */
function placesInAll(samples: readonly unknown[]): readonly string[] {
  const [first, ...others] = samples;
  return scalars(first, []).filter((place) => {
    const at = parsePointer(place);
    return others.every((sample) => isScalar(valueAt(sample, at)));
  });
}

function scalars(value: unknown, at: readonly string[]): string[] {
  if (isScalar(value)) return at.length === 0 ? [] : [formatPointer(at)];
  if (typeof value !== 'object' || value === null || Array.isArray(value) || at.length >= DEEPEST) return [];
  return Object.entries(value).flatMap(([key, inner]) => scalars(inner, [...at, key]));
}

const isScalar = (value: unknown) => value !== null && value !== undefined && typeof value !== 'object';

/** Of the times that all samples have, the one whose name says most about when it happened. */
function bestTime(places: readonly string[], samples: readonly unknown[]): string | undefined {
  const times = places.filter((place) => {
    const at = parsePointer(place);
    return isTimeLike(place) && samples.every((sample) => !Number.isNaN(readTime(valueAt(sample, at), undefined)));
  });
  const order = [/occurred|happened|event_?time/iu, /sent|client|emitted/iu, /created|timestamp/iu, /./u];
  return order.map((word) => times.find((place) => word.test(place))).find((place) => place !== undefined);
}

function isTimeLike(pointer: string): boolean {
  const name = pointer.slice(pointer.lastIndexOf('/') + 1);
  return /(?:_at|At|time|date|timestamp|_ts|^ts|^at)$/iu.test(name);
}

const plainName = (pointer: string) =>
  pointer
    .slice(pointer.lastIndexOf('/') + 1)
    .replace(/[_-]/gu, '')
    .toLowerCase();
const isBeside = (place: string, parent: string) => place.slice(0, place.lastIndexOf('/')) === parent;

function fits(value: unknown, wanted: string): boolean {
  if (wanted === 'string') return typeof value === 'number' || typeof value === 'boolean';
  if (typeof value !== 'string') return false;
  if (wanted === 'boolean') return /^(?:true|false|yes|no|0|1)$/iu.test(value);
  return wanted === 'integer' ? /^-?\d+(?:\.0+)?$/u.test(value) : /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/u.test(value);
}

const isSeconds = (value: unknown) => typeof value === 'number' && value > 1e8 && value < 1e10;

/** CEL for the presence of a member. */
function has(pointer: string): string {
  const tokens = parsePointer(pointer);
  return tokens.map((_, depth) => `has(${cel(tokens.slice(0, depth + 1))})`).join(' && ');
}

const path = (pointer: string) => cel(parsePointer(pointer));

function cel(tokens: readonly string[]): string {
  return tokens.reduce(
    (text, token) => (/^[A-Za-z_]\w*$/u.test(token) ? `${text}.${token}` : `${text}[${JSON.stringify(token)}]`),
    'event',
  );
}

function rule(name: string, when: string | undefined, operation: string): string {
  const condition = when === undefined ? [] : [`    when: '${when.replaceAll("'", "''")}'`];
  return ['rules:', `  - name: ${JSON.stringify(name)}`, ...condition, '    do:', `      - ${operation}`, ''].join(
    '\n',
  );
}
