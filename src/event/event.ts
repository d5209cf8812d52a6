import type { ObjectScan } from './scan.js';

/** A JSON object as `JSON.parse` gives it. */
export type JsonObject = { readonly [key: string]: unknown };

/** One decoded record, before it is known to be an event. `text` holds it as JSON between `start` and `end`. */
export interface DecodedRecord {
  readonly text: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Byte offset of the record in its chunk. */
  readonly offset: number;
  /** Number of the record's first line or row in its chunk, from 0. */
  readonly line: number;
}

/**
 * The event that is being worked on: identity taken, checks passed. It is one reused cursor, valid only during the
 * call that receives it, so that a million events cost no million objects.
 */
export interface EventCursor {
  readonly id: string;
  /** The id's UTF-8 is `text[idStart, idEnd)`; where the two are equal it does not stand in the text as it is. */
  readonly idStart: number;
  readonly idEnd: number;
  /** Empty when the event has no name. */
  readonly name: string;
  /** Microseconds since the Unix epoch; NaN when the event has no usable time. */
  readonly timeUs: number;
  /** Microseconds that have been cut off from `timeUs`, because a double cannot hold them: none from 1684 to 2255. */
  readonly timeRest: number;
  /** The whole event, parsed. It may cost a parse at the first access: ask `member` for single values. */
  readonly value: JsonObject;
  /**
   * The value of a top-level member as `JSON.parse` gives it, undefined when it is absent; cheap for strings, numbers,
   * booleans and null.
   */
  member(key: string): unknown;
  /** The event's own JSON text is `text[start, end)`. */
  readonly text: Uint8Array;
  readonly start: number;
  readonly end: number;
  /**
   * Finds the raw JSON text of a top-level member and leaves its bounds in `rawStart` and `rawEnd` (positions in
   * `text`). Returns false when the member is absent.
   */
  locate(key: string): boolean;
  readonly rawStart: number;
  readonly rawEnd: number;
  /** Where the top-level members lie in `text`. It holds until the next event. */
  readonly members: ObjectScan;
  /** Whether the text repeats a key somewhere; then the last of its top-level members is the one that counts. */
  readonly repeatsKeys: boolean;
  /** Whether the event is its record as it stands, so that the same bytes always make the same event. */
  readonly isRecord: boolean;
}
