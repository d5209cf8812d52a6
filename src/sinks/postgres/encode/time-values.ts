import { exactMicros } from '../../../event/exact-time.js';
import type { TimeReader } from '../../../event/time.js';
import { DAY_US } from '../partition-scheme.js';
import type { ByteWriter } from './byte-writer.js';
import { rawText, type ValueWriter } from './field-writer.js';
import { shown, unfit } from './refusal.js';

/** 2000-01-01, where PostgreSQL counts from. */
const POSTGRES_EPOCH_US = 946_684_800_000_000;

/** Columns of time that are not the event's own time. */
export function timeValue(type: TimeType, readTime: TimeReader): ValueWriter {
  return {
    write(out, value, place) {
      const timeUs = typeof value === 'number' ? readTime(value, rawText(place)) : readTime(value);
      if (Number.isNaN(timeUs)) return unfit('22007', place.column, `${shown(value)} is no time`);
      if (Number.isSafeInteger(timeUs)) writeTime(out, timeUs, type);
      else writeFarTime(out, exactMicros(typeof value === 'string' ? value : rawText(place), timeUs), type);
      return undefined;
    },
  };
}

type TimeType = 'timestamptz' | 'timestamp' | 'date';

/** Writes an instant; types without a zone hold it as UTC. */
export function writeTime(out: ByteWriter, timeUs: number, type: TimeType): void {
  if (type === 'date') {
    out.int32(4);
    out.int32(Math.floor((timeUs - POSTGRES_EPOCH_US) / DAY_US));
  } else {
    out.int32(8);
    out.int64(timeUs - POSTGRES_EPOCH_US);
  }
}

function writeFarTime(out: ByteWriter, timeUs: bigint, type: TimeType): void {
  const micros = timeUs - BigInt(POSTGRES_EPOCH_US);
  if (type === 'date') {
    out.int32(4);
    out.int32(Number(floorDivide(micros, BigInt(DAY_US))));
  } else {
    out.int32(8);
    out.reserve(8);
    out.view.setBigInt64(out.position, micros);
    out.position += 8;
  }
}

/** The instant as PostgreSQL's input syntax, in UTC. */
export function timeText(timeUs: number | bigint, type: TimeType): string {
  const ms = typeof timeUs === 'bigint' ? Number(floorDivide(timeUs, 1000n)) : Math.floor(timeUs / 1000);
  const iso = new Date(ms).toISOString();
  const micros = String((Number(typeof timeUs === 'bigint' ? timeUs % 1000n : timeUs % 1000) + 1000) % 1000).padStart(
    3,
    '0',
  );
  if (type === 'date') return iso.slice(0, -14);
  return `${iso.slice(0, -1)}${micros}${type === 'timestamptz' ? 'Z' : ''}`.replace('T', ' ');
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
