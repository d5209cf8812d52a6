import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { kindOf } from '../../postgres/sql-error.js';
import type { EncodedRows } from './encode/encoded-rows.js';
import { checksumSql, keyChecksum, keyShape } from './key-checksum.js';
import type { TablePlan } from './plan.js';

const ARRAY_HEADER_BYTES = 20;
const TEXT_OID = 25;

/** What a look for keys has found. */
export interface Probed {
  /** The rows whose keys the relation holds, ascending. */
  readonly existing: Uint32Array;
  /** How often the relation holds an id of the rows under another key, as far as the look came by them. */
  readonly otherTimes: number;
}

/** Looks which of `rows` have keys that the relation already holds. No row is sent, only keys. */
export async function probe(
  connection: Connection,
  { plan, encoded }: { readonly plan: TablePlan; readonly encoded: EncodedRows },
  relation: string,
  rows: Uint32Array,
): Promise<Probed> {
  if (rows.length === 0) return { existing: rows, otherTimes: 0 };
  const sql = searchesById(plan) ? probeByIdSql(plan, relation, rows.length) : probeSql(plan, relation, rows.length);
  const [found] = await connection.rows(sql, keyParameters({ plan, encoded }, rows));
  const otherTimes = Number(found?.others ?? 0);
  if (Number(found?.n) === rows.length) return { existing: rows, otherTimes };
  const places = typeof found?.places === 'string' ? found.places.split(',') : [];
  return { existing: Uint32Array.from(places, (place) => rows[Number(place) - 1] ?? 0).sort(), otherTimes };
}

/**
 * Whether the relation holds the keys of all rows and no other key with one of their ids, as a rerun expects: at half
 * the cost of `probe`, but false tells nothing.
 */
export async function holdsAll(
  connection: Connection,
  { plan, encoded }: { readonly plan: TablePlan; readonly encoded: EncodedRows },
  relation: string,
  rows: Uint32Array,
): Promise<boolean> {
  const checksum = checksumSql(plan);
  const shape = keyShape(plan);
  const [ids] = keyParameters({ plan, encoded }, rows);
  if (checksum === undefined || shape === undefined || ids === undefined || rows.length === 0) return false;
  if (!searchesById(plan)) return false;
  const id = plan.key[0]?.column;
  const sql = `select count(*)::int as n, ${checksum} as checksum from ${relation} t where t.${quoteName(id?.name ?? '')} = any($1::${id?.typeName}[])`;
  const [found] = await connection.rows(sql, [ids]);
  if (Number(found?.n) !== rows.length) return false;
  return BigInt.asUintN(64, BigInt(String(found?.checksum))) === keyChecksum(encoded, rows, shape);
}

/** The rows, out of `rows`, whose keys the relation already holds. */
export async function findExisting(
  connection: Connection,
  batch: { readonly plan: TablePlan; readonly encoded: EncodedRows },
  relation: string,
  rows: Uint32Array,
): Promise<Uint32Array> {
  return (await probe(connection, batch, relation, rows)).existing;
}

/** The same under a savepoint; undefined when one of the keys is nothing that the server could search for. */
export async function trySearch(...asked: Parameters<typeof findExisting>): Promise<Uint32Array | undefined> {
  const [connection] = asked;
  await connection.run('savepoint search');
  try {
    const found = await findExisting(...asked);
    await connection.run('release savepoint search');
    return found;
  } catch (error) {
    if (kindOf(error) !== 'data') throw error;
    await connection.run('rollback to savepoint search; release savepoint search');
    return undefined;
  }
}

/** The keys of rows, an array for each column of the key. */
export function keyParameters(
  { plan, encoded }: { readonly plan: TablePlan; readonly encoded: EncodedRows },
  rows: Uint32Array,
): readonly Uint8Array[] {
  return encoded.keys.map((key, at) => {
    const oid = isBinary(plan) ? (plan.key[at]?.column.typeOid ?? TEXT_OID) : TEXT_OID;
    return binaryArray(oid, rows.length, stretches(key.bytes, key.ends, rows));
  });
}

/** The parameters of `keyParameters` as a table with the columns `c0`, `c1` … and `place`, from 1. */
export function keysTable({ key, encoder }: TablePlan): string {
  const arrays = key.map(({ column }, at) => `$${at + 1}::${encoder.format === 'binary' ? column.typeName : 'text'}[]`);
  const names = key.map((_, at) => `c${at}`);
  return `unnest(${arrays.join(', ')}) with ordinality as k(${names.join(', ')}, place)`;
}

/** Column `at` of the keys, in the column's own type. */
export function keyValue({ key, encoder }: TablePlan, at: number): string {
  return encoder.format === 'binary' ? `k.c${at}` : `k.c${at}::${key[at]?.column.typeName}`;
}

/** That column `at` of the key is the same in the table `t` and in the keys. */
export function keyMatch(plan: TablePlan, at: number): string {
  return `t.${quoteName(plan.key[at]?.column.name ?? '')} = ${keyValue(plan, at)}`;
}

/** Whether the index can be searched by ids alone, which is quicker than key by key. */
export function searchesById(plan: TablePlan): boolean {
  return isBinary(plan) && plan.key[0]?.source.kind === 'id';
}

function isBinary({ encoder }: TablePlan): boolean {
  return encoder.format === 'binary';
}

/**
 * All rows that have one of the ids, in one search, then matched with the keys. It answers with numbers alone when
 * every key is there, which is what a rerun meets.
 */
function probeByIdSql(plan: TablePlan, relation: string, count: number): string {
  const columns = plan.key.map(({ column }) => quoteName(column.name));
  const matches = plan.key.map((_, at) => keyMatch(plan, at));
  return (
    `select count(k.place)::int as n, (count(*) - count(k.place))::int as others, ${placesSql('k.place', count)} ` +
    `from (select ${columns.join(', ')} from ${relation} where ${columns[0]} = any($1::${plan.key[0]?.column.typeName}[]) offset 0) t ` +
    `left join ${keysTable(plan)} on ${matches.join(' and ')}`
  );
}

/** Key by key: the limit keeps the planner from reading the whole table for one batch of keys. */
function probeSql(plan: TablePlan, relation: string, count: number): string {
  const matches = plan.key.map((_, at) => keyMatch(plan, at));
  return (
    `select count(*)::int as n, ${placesSql('k.place', count)} ` +
    `from ${keysTable(plan)}, lateral (select from ${relation} t where ${matches.join(' and ')} limit 1) found`
  );
}

function placesSql(place: string, count: number): string {
  return `case when count(${place}) < ${count} then string_agg(${place}::text, ',') end as places`;
}

const INT8_OID = 20;

/** Numbers of 64 bits as a parameter of the type `int8[]`. */
export function int8Parameter(values: BigUint64Array): Uint8Array {
  const elements = Buffer.allocUnsafe(12 * values.length);
  for (const [at, value] of values.entries()) {
    elements.writeInt32BE(8, 12 * at);
    elements.writeBigUInt64BE(value, 12 * at + 4);
  }
  return binaryArray(INT8_OID, values.length, [elements]);
}

/** The binary form of a one-dimensional array (`array_recv` in PostgreSQL's arrayfuncs.c). */
function binaryArray(elementOid: number, count: number, chunks: readonly Uint8Array[]): Uint8Array {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, ARRAY_HEADER_BYTES);
  const array = Buffer.allocUnsafe(length);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(0, 4);
  array.writeUInt32BE(elementOid, 8);
  array.writeInt32BE(count, 12);
  array.writeInt32BE(1, 16);
  let at = ARRAY_HEADER_BYTES;
  for (const chunk of chunks) {
    array.set(chunk, at);
    at += chunk.length;
  }
  return array;
}

/** What the given rows hold in `bytes`, rows that lie behind one another in one piece. `rows` ascends. */
export function stretches(bytes: Uint8Array, ends: Uint32Array, rows: Uint32Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let first = 0;
  for (let i = 1; i <= rows.length; i++) {
    const previous = rows[i - 1] ?? 0;
    if (i < rows.length && rows[i] === previous + 1) continue;
    const from = rows[first] ?? 0;
    pieces.push(bytes.subarray(from === 0 ? 0 : ends[from - 1], ends[previous]));
    first = i;
  }
  return pieces;
}
