import { locatePointer, type Span } from '../../event/locate.js';
import { isObject } from './parse.js';
import type { HeldProblem } from './spec.js';

/** What a line of a quarantine begins with; the number is the version of the format. */
export const QUARANTINE_MARK = 'quarantine/1';

/** Whether a parsed record is a line of a quarantine rather than an event. */
export function isQuarantineLine(value: unknown): value is object {
  return isObject(value) && value.respool === QUARANTINE_MARK;
}

interface Opened {
  /** Where the event's text stands; undefined when the record had not been decodable. */
  readonly span: Span | undefined;
  /** How often the event has been tried, this time not counted. */
  readonly attempts: number;
  readonly problem: HeldProblem;
  /** The undecodable bytes as they came in. */
  readonly raw: Uint8Array;
}

/** Opens one line: the event in it, or the bytes that were no event, and how often it has been tried. */
export function openQuarantineLine(
  line: object,
  text: { readonly text: Uint8Array; readonly start: number; readonly end: number },
): Opened {
  const { attempts, problems, raw, rawBase64 } = line as Record<string, unknown>; // its mark has been recognised
  const first: unknown = Array.isArray(problems) ? problems[0] : undefined;
  const known = isObject(first) ? first : {};
  return {
    span: locatePointer(text.text, text, ['event']),
    attempts: typeof attempts === 'number' ? attempts : 1,
    problem: {
      code: typeof known.code === 'string' ? known.code : 'undecodable',
      message: typeof known.message === 'string' ? known.message : 'it could not be decoded before either',
    },
    raw: bytesOf(raw, rawBase64),
  };
}

function bytesOf(raw: unknown, rawBase64: unknown): Uint8Array {
  if (typeof rawBase64 === 'string') return Buffer.from(rawBase64, 'base64');
  return Buffer.from(typeof raw === 'string' ? raw : '');
}
