import { CannotEvaluateError } from '../../errors.js';
import { cutAtLastLine, ndjsonSplitter } from './ndjson.js';
import type { Splitter } from './splitter.js';

/** How Mixpanel ends an export that it could not finish, inside of an answer with status 200. */
const ENDED_EARLY = Buffer.from('export terminated early');
const LF = 10;

/**
 * Cuts a raw export of Mixpanel like lines of JSON, up to where it was broken off: behind Mixpanel's own words, or in
 * the middle of the last row.
 * @throws CannotEvaluateError `export_incomplete` behind the last whole row.
 */
export function mixpanelSplitter(batchRecords: number, label: string): Splitter {
  const lines = ndjsonSplitter(batchRecords);
  return {
    ...lines,
    format: { kind: 'mixpanel-export' },
    split(bytes, following) {
      const words = lineWithWords(bytes);
      if (words === 0) throw incomplete(label, 'it ends with "export terminated early"');
      if (words !== undefined) return { end: words, problems: [] };
      const whole = following === 'end' ? bytes.lastIndexOf(LF) + 1 : bytes.length;
      if (whole === bytes.length || parses(bytes.subarray(whole))) return cutAtLastLine(bytes, following);
      if (whole === 0) throw incomplete(label, 'its last row is cut off');
      return { end: whole, problems: [] };
    },
  };
}

/** Where the line with the words begins; undefined without one. */
function lineWithWords(bytes: Uint8Array): number | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = view.indexOf(ENDED_EARLY); at >= 0; at = view.indexOf(ENDED_EARLY, at + 1)) {
    // Inside of a row they are somebody's text.
    if (at === 0 || view[at - 1] === LF) return at;
  }
  return undefined;
}

function parses(row: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(row).toString());
    return true;
  } catch {
    return Buffer.from(row).toString().trim() === '';
  }
}

function incomplete(label: string, how: string): CannotEvaluateError {
  return new CannotEvaluateError(`${label}: the export of Mixpanel is incomplete: ${how}`, {
    code: 'export_incomplete',
    hint: 'export it again, in shorter ranges of days; the rows before the end were read',
  });
}

const MARKS = ['mp_processing_time_ms', '$mp_api_endpoint', '$import'];

/** Whether the first line of a text is a row of a raw export: only those have these properties. */
export function isMixpanelRow(line: string): boolean {
  if (!MARKS.some((mark) => line.includes(mark))) return false;
  try {
    const { event, properties } = JSON.parse(line) as { event?: unknown; properties?: Record<string, unknown> | null };
    if (typeof event !== 'string' || typeof properties !== 'object' || properties === null) return false;
    return 'mp_processing_time_ms' in properties || '$mp_api_endpoint' in properties || properties.$import === true;
  } catch {
    return false;
  }
}
