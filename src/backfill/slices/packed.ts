import { deserialize, serialize } from 'node:v8';

type View = Uint8Array | Uint16Array | Uint32Array | Float64Array;
const KINDS = [Uint8Array, Uint16Array, Uint32Array, Float64Array] as const;
const ALIGNMENT = 8;
/** Bytes of the head, and of everything together, in front of both. */
export const LENGTHS_BYTES = 8;
/** Less than this is not worth being written from several places. */
const SMALL_BYTES = 16 << 10;
const PADDING = new Uint8Array(ALIGNMENT);

/** Where a column stands behind the head: plain data in its place. */
interface Placed {
  readonly kind: number;
  readonly at: number;
  readonly length: number;
}

/**
 * Plain data as the pieces of one record: columns of numbers are handed on as they are, without a copy, behind a head that
 * says where each of them stands. Plain data holds no bigints: those stand for columns.
 */
export function pack(value: unknown): Uint8Array[] {
  const columns: Placed[] = [];
  const bodies: Uint8Array[] = [];
  let at = 0;
  const place = (view: View): bigint => {
    const kind = KINDS.findIndex((Kind) => view instanceof Kind);
    if (kind < 0) throw new TypeError(`columns of ${view.constructor.name} cannot be written`);
    columns.push({ kind, at, length: view.length });
    bodies.push(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    const rest = -view.byteLength & (ALIGNMENT - 1);
    if (rest > 0) bodies.push(PADDING.subarray(0, rest));
    at += view.byteLength + rest;
    return BigInt(columns.length - 1);
  };
  const head = serialize({ value: replaced(value, isView, place), columns });
  const rest = -head.length & (ALIGNMENT - 1);
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32LE(head.length + rest, 0);
  lengths.writeUInt32LE(LENGTHS_BYTES + head.length + rest + at, 4);
  const pieces = [lengths, head, PADDING.subarray(0, rest), ...bodies];
  return at < SMALL_BYTES ? [Buffer.concat(pieces)] : pieces;
}

/** The lengths of a record of which at least the first bytes are there. */
export function lengthsOf(bytes: Buffer): { readonly head: number; readonly whole: number } {
  return { head: bytes.readUInt32LE(0), whole: bytes.readUInt32LE(4) };
}

/**
 * What `pack` was given, with columns that lie in `bytes`, which begin where their buffer does. With the head alone the
 * columns are empty.
 */
export function unpack<T>(bytes: Buffer): T {
  const bodyAt = LENGTHS_BYTES + lengthsOf(bytes).head;
  // Only this module writes records.
  const { value, columns } = deserialize(bytes.subarray(LENGTHS_BYTES, bodyAt)) as { value: T; columns: Placed[] };
  const has = bytes.length > bodyAt;
  const view = (index: bigint): View => {
    const { kind, at, length } = columns[Number(index)] as Placed; // each has its place
    const Kind = KINDS[kind] ?? Uint8Array;
    return has ? new Kind(bytes.buffer as ArrayBuffer, bytes.byteOffset + bodyAt + at, length) : new Kind(0);
  };
  return replaced(value, isPlaced, view) as T; // the places are taken by columns again
}

const isView = (value: unknown): value is View => ArrayBuffer.isView(value);
const isPlaced = (value: unknown): value is bigint => typeof value === 'bigint';

function replaced<A>(value: unknown, is: (value: unknown) => value is A, by: (value: A) => unknown): unknown {
  if (is(value)) return by(value);
  if (Array.isArray(value)) {
    return typeof value[0] === 'string' ? value : value.map((item) => replaced(item, is, by));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaced(member, is, by)]));
}
