import { standsAt } from './bytes.js';
import type { AcceptNode } from './node.js';

/** Whether a text without escapes keeps to the rules that a schema has for texts. */
export function fitsText(node: AcceptNode, view: Buffer, start: number, end: number): boolean {
  const { texts, tests, byteTests, minLength, maxLength } = node;
  for (let i = 0; i < byteTests.length; i++) if (byteTests[i]?.(view, start, end) === false) return false;
  if (texts !== undefined && !isOneOf(texts, view, start, end)) return false;
  const isBounded = minLength > 0 || maxLength < Number.POSITIVE_INFINITY;
  if (!isBounded && tests.length === 0) return true;
  const isAscii = isAsciiText(view, start, end);
  const length = end - start;
  if (isBounded && (!isAscii || length < minLength || length > maxLength)) return false;
  if (tests.length === 0) return true;
  const decoded = view.toString(isAscii ? 'latin1' : 'utf8', start, end);
  for (let i = 0; i < tests.length; i++) if (tests[i]?.(decoded) === false) return false;
  return true;
}

function isOneOf(texts: readonly Uint8Array[], view: Buffer, start: number, end: number): boolean {
  for (let i = 0; i < texts.length; i++) {
    const allowed = texts[i] as Uint8Array; // within bounds by the loop condition
    if (allowed.length === end - start && standsAt(view, start, allowed)) return true;
  }
  return false;
}

function isAsciiText(view: Buffer, start: number, end: number): boolean {
  let bits = 0;
  for (let i = start; i < end; i++) bits |= view[i] as number; // within bounds
  return bits < 0x80;
}
