import { quoteName } from '../../postgres/sql.js';
import type { EncodedRows, KeyColumn } from './encode/encoded-rows.js';
import type { TablePlan } from './plan.js';

const TEXT_TYPES = ['text', 'character varying'];
const INSTANT_TYPES = ['timestamptz', 'timestamp'];
/** 2000-01-01, where the binary form of times counts from. */
const POSTGRES_EPOCH_US = 946_684_800_000_000;

/**
 * A sum over keys (id, time) that the server and this process can both work out, so that a batch of which every key is
 * there is recognised without matching key with key: a hash of each id, seeded with its time. Keys with the same ids
 * but other times give another sum, by all odds of 64 bits; a sum that differs for any reason only costs a closer look.
 */
export function keyChecksum({ keys }: Pick<EncodedRows, 'keys'>, rows: Uint32Array): bigint {
  const [ids, times] = keys;
  if (ids === undefined || times === undefined) throw new Error('the key has two columns');
  const instants = new DataView(times.bytes.buffer, times.bytes.byteOffset, times.bytes.byteLength);
  const hash = new Uint32Array(2);
  let high = 0;
  let low = 0;
  for (const row of rows) {
    const at = startOf(times, row) + LENGTH_BYTES;
    hashExtended(ids, row, { high: instants.getUint32(at), low: instants.getUint32(at + 4), hash });
    high += hash[0] as number; // it has two numbers
    low += hash[1] as number; // it has two numbers
  }
  return BigInt.asUintN(64, (BigInt(high) << 32n) + BigInt(low));
}

/** The same sum on the server, over rows of `t`; undefined for keys of other shapes. */
export function checksumSql({ key, encoder }: TablePlan): string | undefined {
  const [id, time] = key;
  if (encoder.format !== 'binary' || key.length !== 2 || id?.source.kind !== 'id' || time === undefined)
    return undefined;
  if (!TEXT_TYPES.includes(id.column.typeName) || !INSTANT_TYPES.includes(time.column.wire)) return undefined;
  const seed = `(date_part('epoch', t.${quoteName(time.column.name)}) * 1000000 - ${POSTGRES_EPOCH_US})::int8`;
  return `sum(hashtextextended(t.${quoteName(id.column.name)}, ${seed}))::text`;
}

const LENGTH_BYTES = 4;

function startOf({ ends }: KeyColumn, row: number): number {
  return row === 0 ? 0 : (ends[row - 1] ?? 0);
}

interface Seeded {
  readonly high: number;
  readonly low: number;
  /** Takes the result: high word, low word. */
  readonly hash: Uint32Array;
}

/** `hash_bytes_extended` of PostgreSQL's hashfn.c, as it works on little-endian machines: Bob Jenkins' lookup3. */
function hashExtended({ bytes, ends }: KeyColumn, row: number, { high, low, hash }: Seeded): void {
  let at = startOf({ bytes, ends }, row) + LENGTH_BYTES;
  let left = (ends[row] ?? 0) - at;
  let a = (0x9e3779b9 + left + 3_923_095) | 0;
  let b = a;
  let c = a;
  let mixes = high !== 0 || low !== 0;
  if (mixes) {
    a = (a + high) | 0;
    b = (b + low) | 0;
  }
  for (;;) {
    if (mixes) {
      a = (a - c) ^ rotated(c, 4);
      c = (c + b) | 0;
      b = (b - a) ^ rotated(a, 6);
      a = (a + c) | 0;
      c = (c - b) ^ rotated(b, 8);
      b = (b + a) | 0;
      a = (a - c) ^ rotated(c, 16);
      c = (c + b) | 0;
      b = (b - a) ^ rotated(a, 19);
      a = (a + c) | 0;
      c = (c - b) ^ rotated(b, 4);
      b = (b + a) | 0;
    }
    if (left < 12) break;
    a = (a + word(bytes, at, 4)) | 0;
    b = (b + word(bytes, at + 4, 4)) | 0;
    c = (c + word(bytes, at + 8, 4)) | 0;
    mixes = true;
    at += 12;
    left -= 12;
  }
  a = (a + word(bytes, at, Math.min(left, 4))) | 0;
  b = (b + word(bytes, at + 4, Math.min(left - 4, 4))) | 0;
  // The lowest byte is taken by the length.
  c = (c + (word(bytes, at + 8, left - 8) << 8)) | 0;
  c = (c ^ b) - rotated(b, 14);
  a = (a ^ c) - rotated(c, 11);
  b = (b ^ a) - rotated(a, 25);
  c = (c ^ b) - rotated(b, 16);
  a = (a ^ c) - rotated(c, 4);
  b = (b ^ a) - rotated(a, 14);
  c = (c ^ b) - rotated(b, 24);
  hash[0] = b;
  hash[1] = c;
}

function word(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value |= (bytes[at + i] as number) << (8 * i); // within the id
  return value;
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
