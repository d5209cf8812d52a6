import type { JsonObject } from '../../event/event.js';
import { instantText } from '../../event/instant-text.js';
import type { Opened, RawValue } from '../unwrapper.js';

/** One kind of envelope. Its marks are so many that no event of a business has them all by chance. */
export interface Family {
  /** As `--unwrap` and the layers of a letter name it. */
  readonly name: string;
  /** A top-level member that every such envelope has, and few events: an event without any of these is passed by. */
  readonly key: string;
  /** Opens the envelope; undefined when the value is none of this family. */
  open(value: JsonObject, raw: RawValue): Opened | undefined;
}

/** A value that is an object, else an empty one. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** Whether a parsed value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that is not empty, or a number as text. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** An object without the members that are undefined. */
export function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept: Record<string, unknown> = {};
  for (const key in object) if (object[key] !== undefined) kept[key] = object[key];
  return kept as never; // what is left is defined
}

/** Milliseconds since the epoch, as a number or its digits, as RFC 3339; undefined for anything else. */
export function timeOfMs(value: unknown): string | undefined {
  if (typeof value === 'number') return instantText(value);
  return typeof value === 'string' && /^\d+$/u.test(value) ? instantText(Number(value)) : undefined;
}
