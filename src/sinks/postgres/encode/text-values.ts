import { roundedOff } from '../../../event/exact-time.js';
import type { TimeReader } from '../../../event/time.js';
import { rawText, type ValuePlace } from './field-writer.js';
import type { WireType } from './options.js';
import { inputTime } from './time-values.js';

/** The value in PostgreSQL's input syntax: what tables with types beyond the binary ones are fed with. */
export function inputText(type: WireType, value: unknown, place: ValuePlace, readTime: TimeReader): string {
  if (type === 'timestamptz' || type === 'timestamp' || type === 'date') {
    const raw = typeof value === 'number' ? rawText(place) : undefined;
    const timeUs = readTime(value, raw);
    if (Number.isNaN(timeUs)) return String(value);
    return inputTime({ timeUs, timeRest: roundedOff(timeUs, value, raw) }, type);
  }
  if (type === 'json' || type === 'jsonb') return rawText(place);
  if (type === 'array' && Array.isArray(value)) return arrayText(value);
  return typeof value === 'string' ? value : rawText(place);
}

/** One line of COPY's text format is cut by tabs and newlines: they are escaped, as backslashes are. */
export function escapeCopyText(text: string): string {
  return /[\\\n\r\t]/.test(text) ? text.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character) : text;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function arrayText(items: readonly unknown[]): string {
  return `{${items.map(itemText).join(',')}}`;
}

function itemText(item: unknown): string {
  if (item === null || item === undefined) return 'NULL';
  if (Array.isArray(item)) return arrayText(item);
  const text = typeof item === 'string' ? item : JSON.stringify(item);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
