import type { TimeReader } from '../../../event/time.js';
import { DAY_US } from '../partition-scheme.js';
import type { ByteWriter } from './byte-writer.js';
import { rawText, type ValueWriter } from './field-writer.js';
import { shown, unfit } from './refusal.js';

/** 2000-01-01, where PostgreSQL counts from. */
const POSTGRES_EPOCH_US = 946_684_800_000_000;

/** Columns of time that are not the event's own time. */
export function timeValue(type: 'timestamptz' | 'timestamp' | 'date', readTime: TimeReader): ValueWriter {
  return {
    write(out, value, place) {
      const timeUs = typeof value === 'number' ? readTime(value, rawText(place)) : readTime(value);
      if (Number.isNaN(timeUs)) return unfit('22007', place.column, `${shown(value)} is no time`);
      writeTime(out, timeUs, type);
      return undefined;
    },
  };
}

/** Writes an instant; types without a zone hold it as UTC. */
export function writeTime(out: ByteWriter, timeUs: number, type: 'timestamptz' | 'timestamp' | 'date'): void {
  if (type === 'date') {
    out.int32(4);
    out.int32(Math.floor((timeUs - POSTGRES_EPOCH_US) / DAY_US));
  } else {
    out.int32(8);
    out.int64(timeUs - POSTGRES_EPOCH_US);
  }
}

/** The instant as PostgreSQL's input syntax, in UTC. */
export function timeText(timeUs: number, type: 'timestamptz' | 'timestamp' | 'date'): string {
  const iso = new Date(Math.floor(timeUs / 1000)).toISOString();
  const micros = String(((timeUs % 1000) + 1000) % 1000).padStart(3, '0');
  if (type === 'date') return iso.slice(0, -14);
  return `${iso.slice(0, -1)}${micros}${type === 'timestamptz' ? 'Z' : ''}`.replace('T', ' ');
}
