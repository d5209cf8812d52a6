import { parseExact } from '../../event/exact.js';
import { createJsonbBytes, type JsonbBytes } from '../../postgres/jsonb-bytes.js';
import { jsonbText } from '../../postgres/jsonb-text.js';
import { numericText } from './encode/decimal-text.js';
import type { EncodedRows } from './encode/encoded-rows.js';
import { folded, keyHasher } from './key-checksum.js';
import { hashBytes, hashUint32, type Words } from './lookup3.js';
import type { RowField, RowShape } from './row-shape.js';

const LENGTH_BYTES = 4;
const COUNT_BYTES = 2;

/** Rows of COPY BINARY with their keys. */
type BinaryRows = Pick<EncodedRows, 'keys' | 'rows' | 'rowEnds'>;

/**
 * The hashes of rows by all of their columns, as `RowShape.sql` works them out on the server. The rows have the fields that the
 * shape was made for.
 */
export function rowHashes({ keys, rows, rowEnds }: BinaryRows, shape: RowShape): BigUint64Array {
  const hashKey = keyHasher({ keys }, shape.key);
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  const words = new Uint32Array(2 * rowEnds.length);
  const key: Words = { high: 0, low: 0 };
  const state: Words = { high: 0, low: 0 };
  const documents = createJsonbBytes();
  for (let row = 0; row < rowEnds.length; row++) {
    hashKey(row, key);
    let { high, low } = key;
    let at = (row === 0 ? 0 : (rowEnds[row - 1] as number)) + COUNT_BYTES; // every row has its end
    for (const field of shape.fields) {
      const length = view.getInt32(at);
      at += LENGTH_BYTES;
      if (field !== undefined) {
        state.high = key.high;
        state.low = (key.low ^ field.number) >>> 0;
        if (!hashField(field, { rows, view, at, length, documents }, state)) {
          state.high = 0;
          state.low = field.number;
        }
        high ^= state.high;
        low ^= state.low;
      }
      if (length > 0) at += length;
    }
    words[2 * row] = low;
    words[2 * row + 1] = high;
  }
  return new BigUint64Array(words.buffer);
}

/** A sum over hashes modulo 2^64. */
export function sumOfHashes(hashes: BigUint64Array, rows?: Iterable<number>): bigint {
  const words = new Uint32Array(hashes.buffer, hashes.byteOffset, 2 * hashes.length);
  let high = 0;
  let low = 0;
  for (const row of rows ?? hashes.keys()) {
    low += words[2 * row] as number; // rows are within bounds
    high += words[2 * row + 1] as number; // as above
  }
  return BigInt.asUintN(64, (BigInt(high) << 32n) + BigInt(low));
}

interface Place {
  readonly rows: Uint8Array;
  readonly view: DataView;
  readonly at: number;
  /** Negative for no value. */
  readonly length: number;
  readonly documents: JsonbBytes;
}

/** False where there is no value. */
function hashField({ kind, scale }: RowField, { rows, view, at, length, documents }: Place, state: Words): boolean {
  if (length < 0) return false;
  switch (kind) {
    case 'bytes':
      hashBytes(rows, at, at + length, state);
      return true;
    case 'int8':
      hashUint32(folded(view, at), state);
      return true;
    case 'int4':
      hashUint32(view.getInt32(at), state);
      return true;
    case 'int2':
      hashUint32(view.getInt16(at), state);
      return true;
    case 'bool':
      hashUint32(rows[at] ?? 0, state);
      return true;
    case 'float4':
      return hashFloat(view.getFloat32(at), state);
    case 'float8':
      return hashFloat(view.getFloat64(at), state);
    case 'numeric':
      return hashText(numericText(view, at, scale), state);
    case 'jsonb':
      return hashDocument(documents, rows.subarray(at + 1, at + length), state);
  }
}

/** As `hashfloat8extended` of hashfunc.c has it: both zeros are the seed itself. */
function hashFloat(value: number, state: Words): boolean {
  if (Number.isNaN(value)) return false;
  if (value === 0) return true;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  hashBytes(bytes, 0, 8, state);
  return true;
}

function hashText(text: string, state: Words): boolean {
  const bytes = Buffer.from(text);
  hashBytes(bytes, 0, bytes.length, state);
  return true;
}

/** Exponents as large as `numeric` takes them are written out. */
const MOST_EXPONENT = 131_072;

function hashDocument(documents: JsonbBytes, json: Uint8Array, state: Words): boolean {
  const length = documents.write(json, 0, json.length);
  if (length < 0) return hashText(jsonbText(parseExact(Buffer.from(json).toString()), MOST_EXPONENT) ?? '', state);
  hashBytes(documents.bytes, 0, length, state);
  return true;
}
