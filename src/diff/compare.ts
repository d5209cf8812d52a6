import { canonicalNumber } from '../event/canonical-number.js';
import {
  ExactNumber,
  type ExactObject,
  type ExactValue,
  exactJson,
  isExactObject,
  isNumberText,
} from '../event/exact.js';
import { formatPointer, parsePointer } from '../event/pointer.js';
import { createTimeReader } from '../event/time.js';
import { isWithin } from './decimal-distance.js';
import { microsOf } from './instant.js';
import { bestMatch, createPattern, type Pattern } from './pattern.js';
import { createReading } from './reading.js';
import type { DiffRules } from './rules.js';

/** One place at which two events differ. */
export interface Difference {
  readonly kind: 'added' | 'removed' | 'changed';
  /** JSON Pointer in the left side's names. */
  readonly pointer: string;
  /** The same with `*` for every index of an array. */
  readonly place: string;
  /** The values as JSON; absent where there is none. */
  readonly left?: string;
  readonly right?: string;
  /** Both say the same in another notation: one instant, or one number as text. */
  readonly isReformatted: boolean;
}

/** Compares two events by their values, under rules. */
export interface Comparer {
  /** The differences that are no noise, in the order of the left event; none when the events count as equal. */
  compare(left: ExactValue, right: ExactValue): readonly Difference[];
}

/** By what two events are compared. */
export interface Comparison {
  readonly rules: DiffRules;
  /** Places that hold an event's time, besides texts that look like one. */
  readonly timePlaces: readonly string[];
  /** Places at which events differ anyway: differences there are left out. */
  readonly noise: readonly string[];
}

/** Opens the exact comparison: the one place where two events are found to differ. */
export function createComparer({ rules, timePlaces, noise }: Comparison): Comparer {
  const reading = createReading(rules);
  const walk = new Walk(rules, timePlaces);
  const noisy = noise.map(createPattern);
  return {
    compare(left, right) {
      const found = walk.run(reading.read(left, 'left'), reading.read(right, 'right'));
      return noisy.length === 0 ? found : found.filter(({ pointer }) => !isNoise(noisy, pointer));
    },
  };
}

function isNoise(noisy: readonly Pattern[], pointer: string): boolean {
  return bestMatch(noisy, parsePointer(pointer)) === 'within';
}

class Walk {
  private found: Difference[] = [];
  private readonly readTime;
  private readonly tolerances;
  private readonly times;

  constructor(
    private readonly rules: DiffRules,
    timePlaces: readonly string[],
  ) {
    this.readTime = createTimeReader({ timezone: rules.timezone });
    this.tolerances = rules.tolerances.map(({ place, by }) => ({ pattern: createPattern(place), by }));
    this.times = timePlaces.map(createPattern);
  }

  run(left: ExactValue, right: ExactValue): readonly Difference[] {
    this.found = [];
    this.values(left, right, []);
    return this.found;
  }

  private values(left: ExactValue, right: ExactValue, pointer: readonly string[]): void {
    if (isExactObject(left) && isExactObject(right)) this.objects(left, right, pointer);
    else if (Array.isArray(left) && Array.isArray(right)) this.arrays(left, right, pointer);
    else if (!this.areEqual(left, right, pointer)) this.add('changed', pointer, { left, right });
  }

  private objects(left: ExactObject, right: ExactObject, pointer: readonly string[]): void {
    for (const [key, member] of left) {
      const other = right.get(key);
      if (other === undefined) this.add('removed', [...pointer, key], { left: member });
      else this.values(member, other, [...pointer, key]);
    }
    for (const [key, member] of right) {
      if (!left.has(key)) this.add('added', [...pointer, key], { right: member });
    }
  }

  private arrays(left: readonly ExactValue[], right: readonly ExactValue[], pointer: readonly string[]): void {
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const [a, b] = [left[i], right[i]];
      const at = [...pointer, String(i)];
      if (a === undefined && b !== undefined) this.add('added', at, { right: b }, true);
      else if (b === undefined && a !== undefined) this.add('removed', at, { left: a }, true);
      else if (a !== undefined && b !== undefined) this.values(a, b, at);
    }
  }

  private areEqual(left: ExactValue, right: ExactValue, pointer: readonly string[]): boolean {
    if (left === right) return true;
    if (left instanceof ExactNumber && right instanceof ExactNumber) {
      if (left.canonical === right.canonical) return true;
      const tolerance = this.tolerances.find(({ pattern }) => pattern.match(pointer) === 'within');
      if (tolerance !== undefined && !left.canonical.startsWith('@') && !right.canonical.startsWith('@')) {
        if (isWithin(left.canonical, right.canonical, tolerance.by)) return true;
      }
    }
    const { timeToleranceUs } = this.rules;
    if (timeToleranceUs === undefined) return false;
    const [a, b] = [this.timeOf(left, pointer), this.timeOf(right, pointer)];
    if (a === undefined || b === undefined) return false;
    const apart = BigInt(a) - BigInt(b);
    return (apart < 0n ? -apart : apart) <= timeToleranceUs;
  }

  /** Digits of the microseconds of what is certainly meant as a time; undefined for everything else. */
  private timeOf(value: ExactValue, pointer: readonly string[]): string | undefined {
    if (value instanceof ExactNumber && value.canonical.startsWith('@')) return value.canonical.slice(1);
    const isTimePlace = this.times.length > 0 && bestMatch(this.times, pointer) === 'within';
    const isTime = isTimePlace || (typeof value === 'string' && /^\d{4}-\d\d-\d\d[Tt ]\d\d:/u.test(value));
    return isTime ? microsOf(value, this.readTime) : undefined;
  }

  private add(
    kind: Difference['kind'],
    pointer: readonly string[],
    { left, right }: { readonly left?: ExactValue; readonly right?: ExactValue },
    isItem = false,
  ): void {
    this.found.push({
      kind,
      pointer: formatPointer(pointer),
      place: formatPointer(pointer.map((token) => (/^\d+$/u.test(token) ? '*' : token))),
      ...(left !== undefined && { left: exactJson(left) }),
      ...(right !== undefined && { right: exactJson(right) }),
      // An item more is another list; a member more may be one that only one side knows.
      isReformatted: !isItem && kind === 'changed' && this.saySame(left ?? null, right ?? null, pointer),
    });
  }

  private saySame(left: ExactValue, right: ExactValue, pointer: readonly string[]): boolean {
    const number = numberOf(left);
    if (number !== undefined && number === numberOf(right)) return true;
    const time = this.timeOf(left, pointer);
    const isSameTime = time !== undefined && time === this.timeOf(right, pointer);
    return isSameTime || this.isInstantAsNumber(left, right) || this.isInstantAsNumber(right, left);
  }

  /** One side writes as digits since the epoch what the other writes as a date. */
  private isInstantAsNumber(text: ExactValue, number: ExactValue): boolean {
    if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d/u.test(text)) return false;
    if (!(number instanceof ExactNumber) || !/^\d{9,}/u.test(number.canonical)) return false;
    const micros = microsOf(text, this.readTime);
    return micros !== undefined && micros === microsOf(number, this.readTime);
  }
}

function numberOf(value: ExactValue): string | undefined {
  if (value instanceof ExactNumber) return value.canonical;
  return typeof value === 'string' && isNumberText(value) ? canonicalNumber(value) : undefined;
}
