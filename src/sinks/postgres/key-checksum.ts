import { quoteName } from '../../postgres/sql.js';
import type { EncodedRows, KeyColumn } from './encode/encoded-rows.js';
import { hashBytes, hashUint32, type Words } from './lookup3.js';
import type { PlannedColumn, TablePlan } from './plan.js';

/** How each column of a key enters a hash, in the order of the key. */
export type KeyShape = readonly ('bytes' | 'int8' | 'int4' | 'int2')[];

/** 2000-01-01, where the binary form of times counts from. */
const POSTGRES_EPOCH_US = 946_684_800_000_000;
const LENGTH_BYTES = 4;

/**
 * How the keys of a table are hashed, or undefined where the server and this process cannot be made to agree: keys of
 * floating-point numbers, numerics, enums, arrays, or rows that are sent as text.
 */
export function keyShape({ key, encoder }: TablePlan): KeyShape | undefined {
  if (encoder.format !== 'binary') return undefined;
  const shape = key.map(shapeOf);
  return shape.every((each) => each !== undefined) ? shape : undefined;
}

/**
 * A sum over keys that the server and this process can both work out, so that rows are recognised without matching
 * key with key: the hash of each column, seeded with the hash of the column behind it; a time or a number at the end is
 * the first seed itself. Other keys give another sum, by all odds of 64 bits.
 */
export function keyChecksum(encoded: Pick<EncodedRows, 'keys'>, rows: Iterable<number>, shape: KeyShape): bigint {
  const hash = keyHasher(encoded, shape);
  const state: Words = { high: 0, low: 0 };
  let high = 0;
  let low = 0;
  for (const row of rows) {
    hash(row, state);
    high += state.high;
    low += state.low;
  }
  return BigInt.asUintN(64, (BigInt(high) << 32n) + BigInt(low));
}

/** Puts the hash of a row's key into `state`. */
export function keyHasher({ keys }: Pick<EncodedRows, 'keys'>, shape: KeyShape): (row: number, state: Words) => void {
  const columns = keys.map((column, at) => ({ ...column, kind: shape[at] ?? 'bytes', view: viewOf(column) })).reverse();
  return (row, state) => {
    state.high = 0;
    state.low = 0;
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at] as (typeof columns)[number]; // within bounds by the loop condition
      addColumn(column, row, { state, isSeed: at === 0 && columns.length > 1 });
    }
  };
}

/** The same sum on the server, over rows of `t`, as text; undefined where `keyShape` is. */
export function checksumSql(plan: TablePlan): string | undefined {
  const hash = keyHashSql(plan);
  return hash && `sum(${hash})::text`;
}

/** The hash of the key of a row of `t`, as the server works it out; undefined where `keyShape` is. */
export function keyHashSql(plan: TablePlan): string | undefined {
  const shape = keyShape(plan);
  if (shape === undefined) return undefined;
  let seed = '0';
  for (const [at, { column }] of [...plan.key.entries()].reverse()) {
    const value = `t.${quoteName(column.name)}`;
    const isSeed = shape[at] === 'int8' && at === plan.key.length - 1 && at > 0;
    seed = isSeed ? seedSql(value, column.wire) : hashSql(value, column.wire, seed);
  }
  return seed;
}

/** Types whose text is hashed as it stands. */
export const TEXT_TYPES = ['text', 'character varying'];

function shapeOf({ column: { wire, typeName, texts } }: PlannedColumn): KeyShape[number] | undefined {
  if (wire === 'text') return TEXT_TYPES.includes(typeName) && texts === 'bytes' ? 'bytes' : undefined;
  if (wire === 'uuid') return 'bytes';
  if (wire === 'int8' || wire === 'timestamptz' || wire === 'timestamp') return 'int8';
  if (wire === 'int4' || wire === 'date') return 'int4';
  return wire === 'int2' ? 'int2' : undefined;
}

/** The server's hash of a value, with a seed. Instants and days may be infinite there. */
export function hashSql(value: string, wire: string, seed: string): string {
  switch (wire) {
    case 'text':
      return `hashtextextended(${value}, ${seed})`;
    case 'uuid':
      return `uuid_hash_extended(${value}, ${seed})`;
    case 'timestamptz':
      return `timestamp_hash_extended(${value} at time zone 'UTC', ${seed})`;
    case 'timestamp':
      return `timestamp_hash_extended(${value}, ${seed})`;
    case 'date':
      return `hashint4extended(case when not isfinite(${value}) then -2147483648 else ${value} - date '2000-01-01' end, ${seed})`;
    case 'int4':
    case 'int2':
      return `hash${wire}extended(${value}, ${seed})`;
    default:
      return `hashint8extended(${value}, ${seed})`;
  }
}

/** A number as it stands, a time as its count of microseconds: `date_part` is quick, and exact in these years. */
function seedSql(value: string, wire: string): string {
  if (wire !== 'timestamptz' && wire !== 'timestamp') return value;
  const exact = `('x' || encode(${wire}_send(${value}), 'hex'))::bit(64)::int8`;
  const quick = `(date_part('epoch', ${value}) * 1000000 - ${POSTGRES_EPOCH_US})::int8`;
  return `case when ${value} > '1800-01-01' and ${value} < '2200-01-01' then ${quick} else ${exact} end`;
}

interface HashedColumn extends KeyColumn {
  readonly kind: KeyShape[number];
  readonly view: DataView;
}

function addColumn(
  { bytes, ends, kind, view }: HashedColumn,
  row: number,
  { state, isSeed }: { readonly state: Words; readonly isSeed: boolean },
): void {
  const start = (row === 0 ? 0 : (ends[row - 1] as number)) + LENGTH_BYTES; // every row has its end
  if (kind === 'bytes') {
    hashBytes(bytes, start, ends[row] as number, state); // every row has its end
  } else if (isSeed && kind === 'int8') {
    state.high = view.getUint32(start);
    state.low = view.getUint32(start + 4);
  } else {
    hashUint32(
      kind === 'int8' ? folded(view, start) : kind === 'int4' ? view.getInt32(start) : view.getInt16(start),
      state,
    );
  }
}

/** Eight bytes as `hashint8extended` of hashfunc.c hashes them: small numbers hash alike in every width. */
export function folded(view: DataView, start: number): number {
  const high = view.getInt32(start);
  return view.getInt32(start + 4) ^ (high >= 0 ? high : ~high);
}

function viewOf({ bytes }: KeyColumn): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
