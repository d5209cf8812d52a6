import type { TimeReader } from '../../../event/time.js';
import type { Rejection } from '../../sink.js';
import { wholeNumberOf } from './byte-values.js';
import type { ByteWriter } from './byte-writer.js';
import { writeNumeric } from './decimal.js';
import { rawText, type ValuePlace, type ValueWriter } from './field-writer.js';
import type { WireType } from './options.js';
import { shown, unfit } from './refusal.js';
import { timeValue } from './time-values.js';
import { uuidValue } from './uuid-value.js';

/** Writers for the types that this project knows the binary form of (`*_recv` in PostgreSQL's source). */
export function binaryValue(type: WireType, readTime: TimeReader): ValueWriter {
  switch (type) {
    case 'bool':
      return boolValue;
    case 'int2':
      return integerValue(2, 32_767);
    case 'int4':
      return integerValue(4, 2_147_483_647);
    case 'int8':
      return int8Value;
    case 'float4':
      return floatValue(4);
    case 'float8':
      return floatValue(8);
    case 'numeric':
      return numericValue;
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return timeValue(type, readTime);
    case 'uuid':
      return uuidValue;
    case 'json':
      return jsonValue(false);
    case 'jsonb':
      return jsonValue(true);
    default:
      return textValue;
  }
}

/** Writes text with its length in front; a NUL, which no text column can hold, is a rejection. */
export function writeText(out: ByteWriter, text: string, column: string): Rejection | undefined {
  const at = out.position;
  out.reserve(4 + text.length * 3);
  out.position += 4;
  const isPlain = out.ascii(text);
  if (!isPlain) out.text(text);
  out.closeLength(at);
  return !isPlain && text.includes('\0')
    ? {
        kind: 'rejected',
        code: 'nul_character',
        reason: `column ${column}: PostgreSQL cannot hold the character U+0000`,
      }
    : undefined;
}

const textValue: ValueWriter = {
  write(out, value, place) {
    return writeText(out, typeof value === 'string' ? value : rawText(place), place.column);
  },
};

function jsonValue(isBinary: boolean): ValueWriter {
  return {
    write(out, _value, { reader, event }) {
      reader.locate(event);
      out.int32(reader.end - reader.start + (isBinary ? 1 : 0));
      if (isBinary) out.byte(1);
      out.copy(event.text, reader.start, reader.end);
      return undefined;
    },
  };
}

const TRUE = /^\s*(t|tr|tru|true|y|ye|yes|on|1)\s*$/i;
const FALSE = /^\s*(f|fa|fal|fals|false|n|no|of|off|0)\s*$/i;

const boolValue: ValueWriter = {
  write(out, value, { column }) {
    const text = typeof value === 'boolean' ? value : String(value);
    const isTrue = text === true || (text !== false && TRUE.test(text));
    if (!isTrue && text !== false && !FALSE.test(text)) return unfit('22P02', column, `${shown(value)} is no boolean`);
    out.int32(1);
    out.byte(isTrue ? 1 : 0);
    return undefined;
  },
};

const INTEGER = /^\s*[+-]?\d+\s*$/;

function integerValue(size: 2 | 4, largest: number): ValueWriter {
  return {
    write(out, value, { column }) {
      const number = typeof value === 'number' ? value : wholeNumber(value);
      if (!Number.isInteger(number)) return unfit('22P02', column, `${shown(value)} is no whole number`);
      if (number > largest || number < -largest - 1) return outOfRange(column, value);
      out.int32(size);
      if (size === 2) out.int16(number);
      else out.int32(number);
      return undefined;
    },
  };
}

function wholeNumber(value: unknown): number {
  if (typeof value !== 'string') return Number.NaN;
  const number = wholeNumberOf(value);
  return Number.isNaN(number) && INTEGER.test(value) ? Number(value) : number;
}

function outOfRange(column: string, value: unknown): Rejection {
  return unfit('22003', column, `${shown(value)} is out of range`);
}

const int8Value: ValueWriter = {
  write(out, value, place) {
    const number = typeof value === 'string' ? wholeNumberOf(value) : value;
    if (!Number.isSafeInteger(number)) return writeInt8(out, value, place);
    out.int32(8);
    out.int64(number as number); // a safe integer is a number
    return undefined;
  },
};

/** Beyond 2^53 only the digits of the text are exact. */
function writeInt8(out: ByteWriter, value: unknown, place: ValuePlace): Rejection | undefined {
  const text = typeof value === 'string' ? value : rawText(place);
  const digits = INTEGER.test(text) ? text.trim().replace(/^\+/, '') : undefined;
  const whole = digits ?? (Number.isInteger(value) ? BigInt(value as number).toString() : undefined); // an integer is a number
  if (whole === undefined) return unfit('22P02', place.column, `${shown(value)} is no whole number`);
  const exact = BigInt(whole);
  if (BigInt.asIntN(64, exact) !== exact) return outOfRange(place.column, value);
  out.int32(8);
  out.reserve(8);
  out.view.setBigInt64(out.position, exact);
  out.position += 8;
  return undefined;
}

const REAL = /^\s*([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|NaN|[+-]?inf(inity)?)\s*$/i;

function floatValue(size: 4 | 8): ValueWriter {
  return {
    write(out, value, { column }) {
      const isText = typeof value === 'string';
      if (isText ? !REAL.test(value) : typeof value !== 'number')
        return unfit('22P02', column, `${shown(value)} is no number`);
      const number = isText ? realNumber(value) : (value as number); // the type was checked above
      const isWord = isText && /n/i.test(value);
      if (!isWord && !Number.isFinite(size === 4 ? Math.fround(number) : number)) return outOfRange(column, value);
      out.int32(size);
      out.reserve(8);
      if (size === 4) out.view.setFloat32(out.position, number);
      else out.view.setFloat64(out.position, number);
      out.position += size;
      return undefined;
    },
  };
}

function realNumber(text: string): number {
  const word = text.trim().toLowerCase();
  if (word.includes('inf')) return word.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(word);
}

const numericValue: ValueWriter = {
  write(out, value, place) {
    const text = typeof value === 'string' ? value : rawText(place);
    const written = typeof value === 'number' || typeof value === 'string' ? writeNumeric(out, text) : false;
    if (written === undefined) return outOfRange(place.column, value);
    return written ? undefined : unfit('22P02', place.column, `${shown(value)} is no number`);
  },
};
