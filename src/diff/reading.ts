import { ExactNumber, type ExactObject, type ExactValue, isExactObject, isNumberText } from '../event/exact.js';
import type { Pointer } from '../event/pointer.js';
import { createColumnReader } from './column-value.js';
import { bestMatch, createPattern, type Pattern } from './pattern.js';
import type { DiffRules, SideName } from './rules.js';

/** Shows an event as the rules want it compared. */
export interface Reading {
  /** The value under the rules: without what is ignored, with the left side's names. */
  read(value: ExactValue, side: SideName): ExactValue;
  /** The same text for values that are equal under the rules, tolerances aside. */
  canonical(value: ExactValue): string;
}

/** Opens the reading of events under rules. */
export function createReading(rules: DiffRules): Reading {
  const places = {
    ignore: rules.ignore.map(createPattern),
    only: rules.only.map(createPattern),
  };
  const columnValue = createColumnReader(rules);
  const visit = (value: ExactValue, pointer: readonly string[]): ExactValue | undefined => {
    if (bestMatch(places.ignore, pointer) === 'within') return undefined;
    if (!isWanted(places.only, pointer, value)) return undefined;
    const column = columnValue(value, pointer);
    if (column !== undefined) return column.value;
    if (value === null && rules.nullIsMissing) return undefined;
    if (isExactObject(value)) return members(value, pointer, visit);
    if (Array.isArray(value)) {
      return value.map((item: ExactValue, index) => visit(item, [...pointer, String(index)]) ?? null);
    }
    if (rules.numericStrings && typeof value === 'string' && isNumberText(value)) return new ExactNumber(value);
    return value;
  };
  return {
    read(value, side) {
      const renamed = side === 'right' ? withLeftNames(value, rules.renames) : value;
      return visit(renamed, []) ?? new Map();
    },
    canonical: canonicalText,
  };
}

function members(
  value: ExactObject,
  pointer: readonly string[],
  visit: (value: ExactValue, pointer: readonly string[]) => ExactValue | undefined,
): ExactObject {
  const seen = new Map<string, ExactValue>();
  for (const [key, member] of value) {
    const kept = visit(member, [...pointer, key]);
    if (kept !== undefined) seen.set(key, kept);
  }
  return seen;
}

/** On the way to a wanted place only objects and arrays are kept, and of them only what is wanted. */
function isWanted(only: readonly Pattern[], pointer: readonly string[], value: ExactValue): boolean {
  if (only.length === 0) return true;
  const match = bestMatch(only, pointer);
  return match === 'within' || (match === 'towards' && typeof value === 'object' && !(value instanceof ExactNumber));
}

/** Moves what stands under the right side's names to the left side's. */
function withLeftNames(value: ExactValue, renames: DiffRules['renames']): ExactValue {
  let renamed = value;
  for (const { left, right } of renames) {
    const { rest, taken } = take(renamed, right);
    if (taken !== undefined) renamed = put(rest, left, taken);
  }
  return renamed;
}

function take(value: ExactValue, pointer: Pointer): { readonly rest: ExactValue; readonly taken?: ExactValue } {
  const [key, ...deeper] = pointer;
  const member = key !== undefined && isExactObject(value) ? value.get(key) : undefined;
  if (key === undefined || member === undefined || !isExactObject(value)) return { rest: value };
  const copy = new Map(value);
  if (deeper.length === 0) {
    copy.delete(key);
    return { rest: copy, taken: member };
  }
  const inner = take(member, deeper);
  if (inner.taken === undefined) return { rest: value };
  if (isExactObject(inner.rest) && inner.rest.size === 0) copy.delete(key);
  else copy.set(key, inner.rest);
  return { rest: copy, taken: inner.taken };
}

function put(value: ExactValue, pointer: Pointer, member: ExactValue): ExactValue {
  const [key, ...deeper] = pointer;
  if (key === undefined) return member;
  const copy = new Map(isExactObject(value) ? value : []);
  copy.set(key, deeper.length === 0 ? member : put(copy.get(key) ?? new Map(), deeper, member));
  return copy;
}

function canonicalText(value: ExactValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (value instanceof ExactNumber) return value.canonical;
  if (!isExactObject(value)) return `[${value.map(canonicalText).join(',')}]`;
  const sorted = [...value].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${canonicalText(member)}`).join(',')}}`;
}
