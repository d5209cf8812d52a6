import { parseOrUndefined } from '../../event/parse-or-undefined.js';
import type { ObjectScan } from '../../event/scan.js';
import type { Cursor } from './cursor.js';
import type { InnerWay } from './inner-text.js';
import { isObject, scanText } from './parse.js';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;
const ARGUMENTS = Buffer.from('args');
/** What Rails notes in arguments begins with it; an argument with it at the top may be the name of a record. */
const RAILS_MARK = Buffer.from('_aj_');
/** An object that is not empty, in the place of one that is accepted from its bytes. */
const STAND_IN = '[{"":0}]';

/**
 * The value of the job whose text stands under the cursor, and is scanned if it is an object; undefined when it is no
 * JSON. Its one argument may be replaced by some other object: where it is certainly an event, it is not parsed.
 */
export function parseJob(cursor: Cursor, way: Pick<InnerWay, 'acceptsAhead'>): unknown {
  const around = parseAround(cursor, way);
  if (around !== undefined) return around;
  const job = parseOrUndefined(cursor.slice(cursor.start, cursor.end));
  if (isObject(job) && !cursor.isScanned) scanJob(cursor);
  return job;
}

/** Of repeated arguments the last ones count, as in the parsed value. */
function scanJob(cursor: Cursor): void {
  scanText(cursor);
  const { count, keyStarts, keyEnds } = cursor.scan;
  let named = 0;
  for (let i = 0; i < count; i++) {
    const start = keyStarts[i] as number; // `i` is below the count
    if ((keyEnds[i] as number) - start === ARGUMENTS.length && standsAt(cursor.text, start, ARGUMENTS)) named++; // as above
  }
  cursor.repeatsKeys = named > 1;
}

function parseAround(cursor: Cursor, way: Pick<InnerWay, 'acceptsAhead'>): unknown {
  const { text, start, end } = cursor;
  if (text[start] !== OPEN_BRACE) return undefined;
  scanJob(cursor);
  if (!cursor.scan.isWhole || cursor.repeatsKeys || !cursor.locate('args')) return undefined;
  const { rawStart, rawEnd } = cursor;
  if (!mayHoldOneObject(text, rawStart, rawEnd)) return undefined;
  const members = way.acceptsAhead?.(rawStart + 1, rawEnd - 1);
  if (members === undefined || holdsMark(text, members)) return undefined;
  // With a value in the place of a value, the one text is JSON where the other is.
  const job = parseOrUndefined(`${cursor.slice(start, rawStart)}${STAND_IN}${cursor.slice(rawEnd, end)}`);
  return isObject(job) && isStandIn(job.args) ? job : undefined;
}

function mayHoldOneObject(text: Uint8Array, start: number, end: number): boolean {
  return (
    text[start] === OPEN_BRACKET &&
    text[start + 1] === OPEN_BRACE &&
    text[start + 2] === QUOTE &&
    text[end - 2] === CLOSE_BRACE &&
    text[end - 1] === CLOSE_BRACKET
  );
}

function holdsMark(text: Uint8Array, { count, keyStarts }: ObjectScan): boolean {
  for (let i = 0; i < count; i++) {
    const start = keyStarts[i] as number; // `i` is below the count
    if (standsAt(text, start, RAILS_MARK)) return true;
  }
  return false;
}

function standsAt(text: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) if (text[start + i] !== wanted[i]) return false;
  return true;
}

function isStandIn(args: unknown): boolean {
  return Array.isArray(args) && args.length === 1 && isObject(args[0]) && args[0][''] === 0;
}
