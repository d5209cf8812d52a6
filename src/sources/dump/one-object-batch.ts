import type { RawBatch } from '../source.js';
import { cellsByName, plainName } from './detect.js';
import { countLines } from './json-resume.js';
import { headBytes } from './limits.js';
import { isMixpanelRow } from './mixpanel-rows.js';
import { oneObject } from './one-object.js';
import { ODD } from './refuse.js';
import { settle } from './settle.js';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
/** A line end or two stand behind the object; blank lines without end would be batches of their own. */
const MOST_BEHIND = 2;
const NDJSON = { kind: 'ndjson' } as const;
const JSON_TEXTS = { kind: 'json' } as const;

/**
 * The batch of a file that holds one JSON object, as detecting its format and cutting it would give: what most fixtures are
 * need not go that long way. Undefined for all others.
 */
export function oneObjectBatch(part: number, label: string, bytes: Uint8Array<ArrayBuffer>): RawBatch | undefined {
  if (bytes[0] !== OPEN_BRACE || bytes.length >= headBytes || label.endsWith('.br')) return undefined;
  const end = bytes.lastIndexOf(CLOSE_BRACE) + 1;
  if (bytes.length - end > MOST_BEHIND) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const written = oneObject(text);
  if (written === undefined || ODD.test(text)) return undefined;
  const { length } = bytes;
  const batch = {
    kind: 'batch',
    part,
    from: 0,
    to: length,
    bytes,
    undecodable: [],
    isLone: true,
    storedBytes: length,
    settle,
  } as const;
  if (written === 'line') return isMixpanelRow(text) ? undefined : { ...batch, format: NDJSON };
  if (cellsByName(plainName(label)) !== undefined) return undefined;
  const spans = Uint32Array.of(0, end);
  return { ...batch, format: JSON_TEXTS, spans, spanLines: new Uint32Array(1), lines: countLines(bytes, 0, length) };
}
