import { isUtf8 } from 'node:buffer';
import type { DecodedRecord, JsonObject } from '../../event/event.js';
import { describeJsonError, findDuplicateKeys, findInvalidUtf8, findLoneSurrogate } from '../../event/json-problems.js';
import { countMembers } from '../../event/scan.js';
import type { Cursor } from './cursor.js';
import { Lookahead } from './lookahead.js';
import type { HeldProblem } from './spec.js';

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/u;
const DEEPEST_NESTING = 2_000;

/** What is wrong with a record's text, and where: `at` counts bytes from the start of the record. */
export interface TextProblem extends HeldProblem {
  readonly at: number;
}

/** Reads records as RFC 8259 JSON, no more and no less. */
export interface Parser {
  /** Tells the parser which buffer the next records lie in, and whether each stands on a line of its own. */
  begin(bytes: Uint8Array, isLines: boolean): void;
  /** Parses what stands in `cursor.text[start, end)`: a record, or something inside of one. */
  parse(cursor: Cursor, isInner?: boolean): { readonly value: unknown } | TextProblem;
}

/** Opens a parser; `lenient` about nothing: what it refuses is described to the byte. */
export function createParser(): Parser {
  let isAllUtf8 = true;
  let view: Buffer = Buffer.alloc(0);
  let text: Uint8Array | undefined;
  const lookahead = new Lookahead();
  const turnTo = (bytes: Uint8Array) => {
    text = bytes;
    view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    isAllUtf8 = isUtf8(bytes);
  };
  return {
    begin(bytes, isLines) {
      turnTo(bytes);
      lookahead.begin(view, !isLines || !isAllUtf8);
    },
    parse(cursor, isInner = false) {
      const { start, end } = cursor;
      // Rows are written into a buffer of their own, which may have been moved to a larger one.
      if (cursor.text !== text) turnTo(cursor.text);
      const guess = isInner ? undefined : lookahead.take(start);
      if (guess !== undefined) {
        scanText(cursor);
        if (cursor.scan.isWhole) return { value: guess };
        lookahead.drop();
      }
      if (!isAllUtf8 && !isUtf8(view.subarray(start, end))) return invalidUtf8(view, start, end);
      let value: unknown;
      try {
        value = JSON.parse(view.toString('utf8', start, end));
      } catch {
        const { message, offset } = describeJsonError(view, start, end);
        return { code: 'invalid_json', message, at: offset - start };
      }
      return { value };
    },
  };
}

function invalidUtf8(view: Uint8Array, start: number, end: number): TextProblem {
  const at = findInvalidUtf8(view, start, end) - start;
  return { code: 'invalid_utf8', message: `byte ${at + 1} of the record is not valid UTF-8`, at };
}

/**
 * Scans an object that parsed, so that its members can be located, and refuses what no sink can store faithfully.
 * Sets `cursor.repeatsKeys`.
 */
export function inspectText(cursor: Cursor): TextProblem | undefined {
  const { scan, text, start, end } = cursor;
  if (!cursor.isScanned) scanText(cursor);
  if (scan.deepest > DEEPEST_NESTING) {
    return { code: 'nested_too_deep', message: `nested ${scan.deepest} deep; ${DEEPEST_NESTING} is the limit`, at: 0 };
  }
  cursor.repeatsKeys = scan.members !== countMembers(cursor.value);
  return scan.hasEscape ? loneSurrogate(text, start, end) : undefined;
}

/** Refuses what no sink can store faithfully in a value that is no object. */
export function inspectValue({ text, start, end }: Cursor, value: unknown): TextProblem | undefined {
  const mayHoldEscapes = typeof value === 'string' || Array.isArray(value);
  return mayHoldEscapes ? loneSurrogate(text, start, end) : undefined;
}

/** Reads where the members of the object under the cursor stand. */
export function scanText(cursor: Cursor): void {
  cursor.scan.read(cursor.text, cursor.start, cursor.end);
  cursor.isScanned = true;
}

function loneSurrogate(text: Uint8Array, start: number, end: number): TextProblem | undefined {
  const json = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8', start, end);
  if (!SURROGATE_ESCAPE.test(json)) return undefined;
  const index = findLoneSurrogate(json);
  if (index < 0) return undefined;
  const at = Buffer.byteLength(json.slice(0, index));
  const half = json.slice(index, index + 6);
  return { code: 'lone_surrogate', message: `${half} is half of a surrogate pair: no Unicode text`, at };
}

/** The first key that the record repeats: pointer and byte offset in the text. */
export function firstDuplicateKey({ text, start, end }: Pick<DecodedRecord, 'text' | 'start' | 'end'>) {
  return findDuplicateKeys(text, start, end)[0];
}

/** Whether a parsed value is an object, and so may be an event. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
