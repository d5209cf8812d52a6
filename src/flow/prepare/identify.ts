import { canonicalJson } from '../../event/canonical.js';
import { roundedOff } from '../../event/exact-time.js';
import type { Fields } from '../../event/fields.js';
import { hashId } from '../../event/id-hash.js';
import { contentId, idText } from '../../event/identity.js';
import type { Given } from '../../event/layer.js';
import { locatePointer } from '../../event/locate.js';
import { plainTime } from '../../event/plain-time.js';
import { type Pointer, valueAt } from '../../event/pointer.js';
import { createTimeReader } from '../../event/time.js';
import type { Cursor } from './cursor.js';
import { KnownNames } from './known-names.js';
import { Occurrences } from './occurrences.js';
import type { HeldProblem, PrepareSpec } from './spec.js';

/**
 * Takes the identity of an event: fills `id`, `name` and `timeUs` of the cursor. Returns the problem when the id is no
 * scalar, undefined when all went well.
 */
export type Identify = (cursor: Cursor) => HeldProblem | undefined;

/** Counts what taking identities brought to light. */
export interface IdentityRemarks {
  derivedIds: number;
  withoutTime: number;
}

type Spec = Pick<PrepareSpec, 'fields' | 'timezone' | 'identical'>;

/** Opens the taking of identities for the fields of a run. */
export function createIdentify({ fields, timezone, identical }: Spec, remarks: IdentityRemarks): Identify {
  const readTime = createTimeReader({ timezone });
  const readId = createIdReader(fields, identical, remarks);
  const readName = createNameReader();
  const time = fields.time?.pointer;
  const name = fields.name?.pointer;

  const isUtc = timezone === 'UTC';
  const takeTime = (cursor: Cursor, value: unknown, raw?: string) => {
    cursor.timeUs = readTime(value, raw);
    cursor.timeRest = roundedOff(cursor.timeUs, value, raw);
  };
  const takeOwnTime = (cursor: Cursor, pointer: Pointer) => {
    if (pointer.length === 1 && cursor.locatePlainText(pointer[0] ?? '')) {
      const plain = plainTime(cursor.text, cursor.rawStart, cursor.rawEnd, isUtc);
      if (!Number.isNaN(plain)) {
        cursor.timeUs = plain;
        cursor.timeRest = 0;
        return;
      }
    }
    const value = fieldOf(cursor, pointer);
    takeTime(cursor, value, exactNumber(cursor, value, pointer));
  };

  return (cursor) => {
    const problem = cursor.keepsId === undefined ? readId(cursor) : keepId(cursor, cursor.keepsId);
    if (problem !== undefined) return problem;
    if (cursor.partOfId !== undefined) ownPart(cursor, cursor.partOfId);
    cursor.name = name === undefined ? '' : readName(cursor, name);
    if (time === undefined) takeTime(cursor, undefined);
    else takeOwnTime(cursor, time);
    if (cursor.given !== undefined) {
      if (cursor.name === '') cursor.name = cursor.given.name ?? '';
      if (Number.isNaN(cursor.timeUs)) takeTime(cursor, cursor.given.time);
    }
    if (Number.isNaN(cursor.timeUs)) remarks.withoutTime++;
    return undefined;
  };
}

/** A part that repeats the id of the whole has one of its own. */
function ownPart(cursor: Cursor, whole: string): void {
  const { given } = cursor;
  if (cursor.id === whole && given?.id !== undefined) cursor.id = givenId(given, given.id);
}

function keepId(cursor: Cursor, id: string): undefined {
  cursor.id = id;
}

function createIdReader(fields: Fields, identical: Spec['identical'], remarks: IdentityRemarks): Identify {
  const pointer = fields.id?.pointer;
  const topLevel = pointer?.length === 1 ? pointer[0] : undefined;
  const occurrences = identical === 'keep' ? new Occurrences() : undefined;
  return (cursor) => {
    if (topLevel !== undefined && (cursor.locatePlainText(topLevel) || cursor.locateDigits(topLevel))) {
      cursor.takeIdAt(cursor.rawStart, cursor.rawEnd);
      return undefined;
    }
    if (pointer !== undefined) {
      const value = fieldOf(cursor, pointer);
      const id = idText(value, exactNumber(cursor, value, pointer));
      if (typeof id === 'string') {
        cursor.id = id;
        return undefined;
      }
      if (id !== undefined) return { code: id.code, message: id.message, pointer: fields.id?.text ?? '' };
    }
    if (cursor.given?.id !== undefined) {
      cursor.id = givenId(cursor.given, cursor.given.id);
      return undefined;
    }
    remarks.derivedIds++;
    cursor.id = identical === 'none' ? '' : derivedId(cursor, occurrences);
    return undefined;
  };
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/iu;

/** The id of a message becomes the event's where the event has none: as it is when it is a UUID, else as a UUID of it. */
function givenId({ isEventId }: Given, id: string): string {
  return isEventId === true || UUID.test(id) ? id : contentId(JSON.stringify(['letter', id]));
}

const digest = new Uint32Array(2);

function derivedId(cursor: Cursor, occurrences: Occurrences | undefined): string {
  const canonical = canonicalJson(textOf(cursor));
  if (occurrences === undefined) return contentId(canonical);
  const bytes = Buffer.from(canonical);
  hashId(bytes, 0, bytes.length, digest, 0);
  return contentId(canonical, occurrences.next(digest[0] ?? 0, digest[1] ?? 0));
}

function textOf({ text, start, end }: Cursor): string {
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8', start, end);
}

/** The value at a pointer, cheap where it is a scalar at the top. */
export function fieldOf(cursor: Cursor, pointer: Pointer): unknown {
  const [key, ...deeper] = pointer;
  return key !== undefined && deeper.length === 0 ? cursor.member(key) : valueAt(cursor.value, pointer);
}

/** Reads names, and decodes each of those that come again and again only once. */
export function createNameReader(): (cursor: Cursor, pointer: Pointer) => string {
  const names = new KnownNames();
  return (cursor, pointer) => {
    const [key = ''] = pointer;
    if (pointer.length !== 1 || !cursor.locatePlainText(key)) return nameText(fieldOf(cursor, pointer));
    const { text, rawStart, rawEnd } = cursor;
    const known = names.find(text, rawStart, rawEnd);
    if (known !== undefined) return known;
    const name = nameText(cursor.member(key));
    names.keep(text, rawStart, rawEnd, name);
    return name;
  };
}

function nameText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

/** The digits of a number as they stand in the text, where a double may not hold them all. */
function exactNumber(cursor: Cursor, value: unknown, pointer: Pointer): string | undefined {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return undefined;
  const span = locatePointer(cursor.text, cursor, pointer);
  if (span === undefined) return undefined;
  const { buffer, byteOffset, byteLength } = cursor.text;
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1', span.start, span.end);
}
