import { ExactNumber, type ExactValue, exactJson, isExactObject } from '../event/exact.js';
import { formatPointer, type Pointer } from '../event/pointer.js';
import { createReading } from './reading.js';
import type { DiffRules, KeyRule } from './rules.js';

/**
 * The key of an event as text: the same for the same key, and never for another one; undefined when the event has none
 * of its fields, and is then known by its content.
 */
export function createKeyText(key: KeyRule, rules: DiffRules): (value: ExactValue) => string | undefined {
  if (key.kind !== 'fields') return () => undefined;
  const { canonical } = createReading(rules);
  const part = (value: ExactValue | undefined): string => {
    if (value === undefined || value === null) return '';
    // As with ids, a number and the text of its digits are the same key.
    if (typeof value === 'string') return JSON.stringify(value);
    if (value instanceof ExactNumber) return value.canonical.startsWith('@') ? value.canonical : `"${value.canonical}"`;
    return canonical(value);
  };
  return (value) => {
    const parts = key.pointers.map((pointer) => part(valueAtExact(value, pointer)));
    return parts.every((text) => text === '') ? undefined : parts.join(',');
  };
}

/** The value at a pointer; undefined when there is none. */
export function valueAtExact(value: ExactValue, pointer: Pointer): ExactValue | undefined {
  let current: ExactValue | undefined = value;
  for (const token of pointer) {
    if (current === undefined) return undefined;
    if (isExactObject(current)) current = current.get(token);
    else if (Array.isArray(current))
      current = /^\d+$/u.test(token) ? (current[Number(token)] as ExactValue) : undefined;
    else return undefined;
  }
  return current;
}

/** How a user reads the fields of a key; empty when the whole event is the key. */
export function describeKey(key: KeyRule, value: ExactValue): string {
  if (key.kind !== 'fields') return '';
  return key.pointers
    .map((pointer) => `${formatPointer(pointer).slice(1)}=${valueText(valueAtExact(value, pointer))}`)
    .join(' ');
}

/** A value as a user reads it: texts without quotes. */
export function valueText(value: ExactValue | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : exactJson(value);
}
