import type { EventCursor } from '../../../event/event.js';
import { isRounded, roundedOff } from '../../../event/exact-time.js';
import type { TimeReader } from '../../../event/time.js';
import { timeText } from '../../../event/time-text.js';
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
      const raw = typeof value === 'number' ? rawText(place) : undefined;
      const timeUs = readTime(value, raw);
      if (Number.isNaN(timeUs)) return unfit('22007', place.column, `${shown(value)} is no time`);
      writeTime(out, { timeUs, timeRest: roundedOff(timeUs, value, raw) }, type);
      return undefined;
    },
  };
}

type TimeType = 'timestamptz' | 'timestamp' | 'date';
/** An instant, as an event's own time is held. */
type Instant = Pick<EventCursor, 'timeUs' | 'timeRest'>;

/** Writes an instant; types without a zone hold it as UTC. */
export function writeTime(out: ByteWriter, { timeUs, timeRest }: Instant, type: TimeType): void {
  if (isRounded(timeUs)) writeFarTime(out, BigInt(timeUs) + BigInt(timeRest), type);
  else if (type === 'date') {
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
export function inputTime({ timeUs, timeRest }: Instant, type: TimeType): string {
  const text = timeText(timeUs, timeRest);
  if (type === 'date') return text.slice(0, 10);
  return `${text}${type === 'timestamptz' ? 'Z' : ''}`.replace('T', ' ');
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
