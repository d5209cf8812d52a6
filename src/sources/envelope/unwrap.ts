import { unzipSync } from 'node:zlib';
import type { ObjectScan } from '../../event/scan.js';
import type { Opened, RawValue, UnwrapOptions, Unwrapper } from '../unwrapper.js';
import { FAMILIES } from './families.js';
import { type Family, isObject, objectOf, textOf } from './family.js';
import { openLetter } from './letter.js';
import { familyNames } from './names.js';

/** Letters that are forwarded in a circle gain a layer each time; honest ones have four at most. */
const MOST_LAYERS = 10;
const LONGEST_KEY = 32;
const MOST_INFLATED = 64 * 1024 * 1024;
const POINTERS = new Set([
  'software.amazon.payloadoffloading.PayloadS3Pointer',
  'com.amazon.sqs.javamessaging.MessageS3Pointer',
]);

/** Opens the unwrapper of a worker. */
export function createUnwrapper({ families: wanted = familyNames }: UnwrapOptions): Unwrapper {
  const is = new Set(wanted);
  const groups = Object.entries(FAMILIES).flatMap(([name, group]) => (is.has(name) ? [...group] : []));
  const families: readonly Family[] = [...new Set<Family>(groups)];
  return {
    mostLayers: MOST_LAYERS,
    suspects: createSuspicion(families.map(({ key }) => key)),
    open(value, raw, depth) {
      if (isObject(value)) return openObject(families, value, raw);
      if (typeof value === 'string') return is.has('json-string') ? openString(value) : undefined;
      if (!Array.isArray(value)) return undefined;
      if (is.has('s3-pointer') && isS3Pointer(value)) return openS3Pointer(value);
      // In a dump an array is what --split is for; in a message it is what a producer sent at once.
      return is.has('array') && depth > 0 ? { contents: [{ kind: 'each', at: [] }] } : undefined;
    },
    openLetter: is.has('letter') ? openLetter : undefined,
    openText: (text) => (is.has('base64') ? fromBase64(text) : undefined),
    decodeBase64(text) {
      const bytes = Buffer.from(text, 'base64');
      return inflated(bytes) ?? bytes;
    },
  };
}

function openObject(families: readonly Family[], value: object, raw: RawValue): Opened | undefined {
  for (const family of families) {
    if (!Object.hasOwn(value, family.key)) continue;
    const opened = family.open(objectOf(value), raw);
    if (opened !== undefined) return opened;
  }
  return undefined;
}

/** A string is an envelope when what it holds is an object or an array. */
function openString(value: string): Opened | undefined {
  return /^\s*[[{"]/u.test(value)
    ? { layer: { kind: 'json-string' }, contents: [{ kind: 'value', at: [] }] }
    : undefined;
}

function isS3Pointer(value: readonly unknown[]): boolean {
  return value.length === 2 && typeof value[0] === 'string' && POINTERS.has(value[0]);
}

function openS3Pointer([, place]: readonly unknown[]): Opened {
  const { s3BucketName, s3Key } = objectOf(place);
  const url = `s3://${textOf(s3BucketName) ?? '?'}/${textOf(s3Key) ?? '?'}`;
  const message = `the body was too big for the queue and lies in ${url}: replay that object (respool replay ${url})`;
  return { layer: { kind: 's3-pointer', id: url }, contents: [{ kind: 'hold', code: 's3_pointer', message }] };
}

/** The bytes that base64 stands for, inflated when they are gzip; undefined when they cannot be JSON. */
function fromBase64(text: Uint8Array): Uint8Array | undefined {
  const written = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('latin1').trim();
  if (written.length < 4 || !/^[\w+/-]+={0,2}$/u.test(written)) return undefined;
  const bytes = inflated(Buffer.from(written, 'base64'));
  return bytes !== undefined && /^\s*[[{"]/u.test(bytes.toString('latin1', 0, 16)) ? bytes : undefined;
}

/** The bytes, or what gzip or zlib made them of; undefined when they only look like it, or are absurdly big. */
function inflated(bytes: Buffer): Buffer | undefined {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const isZlib =
    bytes[0] === 0x78 && (0x7800 + (bytes[1] ?? 0)) % 31 === 0 && !/[ -~]/u.test(String.fromCharCode(bytes[1] ?? 0));
  if (!isGzip && !isZlib) return bytes;
  try {
    return unzipSync(bytes, { maxOutputLength: MOST_INFLATED });
  } catch {
    return undefined;
  }
}

/** A table of the lengths and first letters of the keys: an event without any of them costs one look a member. */
function createSuspicion(keys: readonly string[]) {
  const wanted = keys.map((key) => Buffer.from(key)).filter((key) => key.length < LONGEST_KEY);
  /** Which of the groups holds the keys of a length and a first letter; 0 for none. */
  const marks = new Uint8Array(LONGEST_KEY * 256);
  const groups: Uint8Array[][] = [[]];
  for (const key of wanted) {
    const mark = key.length * 256 + (key[0] ?? 0);
    if (marks[mark] === 0) marks[mark] = groups.push([]) - 1;
    groups[marks[mark] ?? 0]?.push(key);
  }
  return (text: Uint8Array, scan: ObjectScan): boolean => {
    const { count, keyStarts, keyEnds } = scan;
    for (let i = 0; i < count; i++) {
      const start = keyStarts[i] as number; // `i` is below the count
      const length = (keyEnds[i] as number) - start; // as above
      if (length >= LONGEST_KEY) continue;
      const group = marks[length * 256 + (text[start] as number)] as number; // a key lies in the text
      if (group !== 0 && standsOneOf(groups[group] ?? [], text, start)) return true;
    }
    return scan.hasEscape && hasEscapedKey(text, scan);
  };
}

function standsOneOf(keys: readonly Uint8Array[], text: Uint8Array, start: number): boolean {
  for (let i = 0; i < keys.length; i++) if (standsAt(text, start, keys[i] as Uint8Array)) return true; // within bounds
  return false;
}

function standsAt(text: Uint8Array, start: number, key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) if (text[start + i] !== key[i]) return false;
  return true;
}

/** No transport escapes its keys; where somebody's tool did, the parsed value decides. */
function hasEscapedKey(
  text: Uint8Array,
  { count, keyStarts, keyEnds }: Pick<ObjectScan, 'count' | 'keyStarts' | 'keyEnds'>,
): boolean {
  for (let i = 0; i < count; i++) {
    const end = keyEnds[i] as number; // `i` is below the count
    for (let at = keyStarts[i] as number; at < end; at++) if (text[at] === 0x5c) return true; // as above
  }
  return false;
}
