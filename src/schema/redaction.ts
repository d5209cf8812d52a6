import type { Ajv } from 'ajv';
import { formatPointer } from '../event/pointer.js';
import { isObject } from './walk.js';

const REDACTED = '[redacted]';

/** The places of one value that a schema with `x-respool: {redact: true}` has been applied to. */
export interface Redaction {
  /** Whether the value at a pointer, or one that it is part of, must not be told. */
  hides(pointer: string): boolean;
  /** The value at a pointer with everything in it that must not be told replaced; itself when there is none. */
  mask(value: unknown, pointer: string): unknown;
  /** A pointer in which `*` stands for each name inside of what must not be told: names can be data, too. */
  shown(pointer: string): string;
}

/** Makes ajv tell the pointer of every value that a redacting schema is applied to, by whatever way it is reached. */
export function addRedaction(ajv: Ajv, onRedacted: (pointer: string) => void): void {
  ajv.addKeyword({
    keyword: 'x-respool',
    errors: false,
    compile: (annotation: unknown) => {
      const isRedacting = isObject(annotation) && annotation.redact === true;
      return (_value, context) => {
        if (isRedacting) onRedacted(context?.instancePath ?? '');
        return true;
      };
    },
  });
}

/** What the pointers hide: the values there and everything in them. */
export function redactionOf(pointers: readonly string[]): Redaction {
  const hidden = new Set(pointers);
  const hides = (pointer: string): boolean => {
    if (hidden.size === 0) return false;
    for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) if (hidden.has(at)) return true;
    return hidden.has('');
  };
  const mask = (value: unknown, pointer: string): unknown => {
    if (hides(pointer)) return REDACTED;
    if (!pointers.some((one) => one.startsWith(`${pointer}/`))) return value;
    if (Array.isArray(value)) return value.map((item, index) => mask(item, `${pointer}/${index}`));
    if (!isObject(value)) return value;
    const members = Object.entries(value).map(([key, child]) => [key, mask(child, pointer + formatPointer([key]))]);
    return Object.fromEntries(members);
  };
  const shown = (pointer: string): string => {
    if (!hides(pointer)) return pointer;
    const tokens = pointer.split('/');
    const isInside = (at: number) => hides(tokens.slice(0, at).join('/'));
    return tokens.map((token, at) => (at > 0 && isInside(at) ? '*' : token)).join('/');
  };
  return { hides, mask, shown };
}
