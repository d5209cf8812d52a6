import { standsAt } from './bytes.js';

/** Kinds of JSON values, as bits. `FRACTION` is a number that is not written as a whole one. */
export const Kind = { null: 1, boolean: 2, integer: 4, fraction: 8, string: 16, array: 32, object: 64 } as const;

const ANY_KIND = 127;

/** A schema as the acceptor walks it: one monomorphic object, so that the walk stays quick. */
export class AcceptNode {
  /** Kinds of values that may be accepted. */
  kinds = ANY_KIND;
  /** True when the schema says something that the acceptor does not understand: it accepts nothing. */
  isUncertain = false;
  /** The only texts allowed, as UTF-8; undefined when the schema has no `enum` or `const`. */
  texts: readonly Uint8Array[] | undefined;
  /** Patterns and formats. */
  tests: readonly ((text: string) => boolean)[] = [];
  /** Formats whose commonest form can be told from the bytes. */
  byteTests: readonly ByteTest[] = [];
  minLength = 0;
  maxLength = Number.POSITIVE_INFINITY;
  minimum = Number.NEGATIVE_INFINITY;
  maximum = Number.POSITIVE_INFINITY;
  above = Number.NEGATIVE_INFINITY;
  below = Number.POSITIVE_INFINITY;
  members: readonly AcceptMember[] = [];
  /** Index of the member that came first in the last object: events of one origin keep their order. */
  first = 0;
  /** Bits of the members that must be there. */
  required = 0;
  /** What members of other names must be; undefined for anything. */
  others: AcceptNode | undefined;
  allowsOthers = true;
  items: AcceptNode | undefined;
  minItems = 0;
  maxItems = Number.POSITIVE_INFINITY;

  /** Whether a string has to fit `texts`, `tests` or lengths. */
  hasTextRules = false;
  /** Whether a number has to lie between limits. */
  hasLimits = false;
  /** Whether members have to be looked up by their names. */
  hasMemberRules = false;

  /** Notes what there is to check, once all rules are in. */
  seal(): void {
    const hasTests = this.tests.length > 0 || this.byteTests.length > 0;
    this.hasTextRules = hasTests || this.texts !== undefined || this.minLength > 0 || Number.isFinite(this.maxLength);
    this.hasLimits = [this.minimum, this.maximum, this.above, this.below].some((limit) => Number.isFinite(limit));
    this.hasMemberRules = this.members.length > 0 || this.others !== undefined || !this.allowsOthers;
  }

  /** Whether a number keeps to the limits. */
  contains(value: number): boolean {
    return value >= this.minimum && value <= this.maximum && value > this.above && value < this.below;
  }
}

/** Judges the bytes of a string without escapes. */
export type ByteTest = (text: Uint8Array, start: number, end: number) => boolean;

/** More members than this cannot be told apart by bits. */
export const MOST_MEMBERS = 31;

/** A member that a schema knows by name. */
export interface AcceptMember {
  readonly key: Buffer;
  readonly signature: number;
  readonly node: AcceptNode;
  /** Its bit, in `required` and among the members seen. */
  readonly bit: number;
  /** Index of the member that came behind it in the last object. */
  next: number;
}

/** Index of the member with the key `text[start, end)`; -1 when none has it. */
export function findMember(members: readonly AcceptMember[], text: Uint8Array, start: number, end: number): number {
  if (members.length === 0) return -1;
  const signature = signatureOf(text, start, end);
  for (let i = 0; i < members.length; i++) {
    const member = members[i] as AcceptMember; // within bounds by the loop condition
    if (member.signature !== signature || member.key.length !== end - start) continue;
    if (standsAt(text, start, member.key)) return i;
  }
  return -1;
}

/** A number that differs for most keys that differ: length, first and last byte. */
export function signatureOf(bytes: Uint8Array, start: number, end: number): number {
  return start === end ? 0 : ((end - start) << 16) | ((bytes[start] ?? 0) << 8) | (bytes[end - 1] ?? 0);
}
