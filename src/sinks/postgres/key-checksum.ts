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
    const value = valueSql(`t.${quoteName(column.name)}`, column.wire);
    const isSeed = shape[at] === 'int8' && at === plan.key.length - 1 && at > 0;
    seed = isSeed ? value : `${functionOf(column.wire)}(${value}, ${seed})`;
  }
  return seed;
}

/** Types whose text is hashed as it stands. */
export const TEXT_TYPES = ['text', 'character varying'];

function shapeOf({ column: { wire, typeName } }: PlannedColumn): KeyShape[number] | undefined {
  if (wire === 'text') return TEXT_TYPES.includes(typeName) ? 'bytes' : undefined;
  if (wire === 'uuid') return 'bytes';
  if (wire === 'int8' || wire === 'timestamptz' || wire === 'timestamp') return 'int8';
  if (wire === 'int4' || wire === 'date') return 'int4';
  return wire === 'int2' ? 'int2' : undefined;
}

/** The server's hash of a type, with a seed behind the value. */
export function functionOf(wire: string): string {
  if (wire === 'text') return 'hashtextextended';
  if (wire === 'uuid') return 'uuid_hash_extended';
  if (wire === 'int4' || wire === 'date') return 'hashint4extended';
  return wire === 'int2' ? 'hashint2extended' : 'hashint8extended';
}

/** A column as that function takes it: times and days as their count. */
export function valueSql(column: string, wire: string): string {
  if (wire === 'timestamptz' || wire === 'timestamp') {
    return `(date_part('epoch', ${column}) * 1000000 - ${POSTGRES_EPOCH_US})::int8`;
  }
  return wire === 'date' ? `(${column} - date '2000-01-01')` : column;
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
