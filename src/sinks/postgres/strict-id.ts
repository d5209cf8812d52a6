import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { kindOf, sqlError } from '../../postgres/sql-error.js';
import type { Rejection } from '../sink.js';
import { type Batch, judge, range, verdictOf } from './batch.js';
import { pointerText } from './encode/value-reader.js';
import type { TablePlan } from './plan.js';
import { keyMatch, keyParameters, keysTable, keyValue, searchesById } from './probe.js';
import { rejectionOf } from './rejections.js';

/**
 * Where the partition key stands in the unique key; undefined when the key holds nothing beside it or does not hold it,
 * so that the database itself keeps ids apart.
 */
export function partitionKeyAt({ table, key }: TablePlan): number | undefined {
  const at = key.findIndex(({ column }) => column.name === table.partitioning?.column);
  return at < 0 || key.length < 2 ? undefined : at;
}

/**
 * Refuses the rows whose id is known with another partition key: in any partition of the table, or, for ids that are
 * not there yet, in an earlier event of the batch. What other transactions are writing meanwhile is not seen, and an
 * earlier event counts even when the database refuses it later. Costs a search in every partition.
 */
export async function refuseOtherTimes(connection: Connection, batch: Batch, at: number): Promise<void> {
  if (batch.encoded.events.length === 0) return;
  const known = new Set<number>();
  await refuseKnown(connection, batch, { at, known }, range(0, batch.encoded.events.length));
  const conflicts = conflictsWithin(batch, at, known);
  if (conflicts.size === 0) return;
  const rows = Uint32Array.from(new Set([...conflicts].flat())).sort();
  const texts = await timesOf(connection, batch, { at, rows });
  for (const [row, first] of conflicts) {
    judge(batch, [row], otherTime(batch.plan, at, { there: texts.get(first), here: texts.get(row) }));
  }
}

/** The rows without those that have been refused. */
export function withoutRefused(batch: Batch, rows: Uint32Array): Uint32Array {
  return rows.filter((row) => verdictOf(batch, row)?.kind !== 'rejected');
}

interface Search {
  readonly at: number;
  /** Takes the rows that are settled. */
  readonly known: Set<number>;
}

/**
 * Refuses rows whose id the table holds with other partition keys only, and those whose key is nothing that the server
 * could search for, which are found by halving; every row whose id the table holds, or that was refused, becomes known.
 */
async function refuseKnown(connection: Connection, batch: Batch, search: Search, rows: Uint32Array): Promise<void> {
  await connection.run('savepoint search');
  try {
    for (const found of await connection.rows(knownSql(batch, search.at), keyParameters(batch, rows))) {
      const row = rows[Number(found.place) - 1] ?? 0;
      search.known.add(row);
      if (found.is_same !== true) judge(batch, [row], otherTime(batch.plan, search.at, found));
    }
    await connection.run('release savepoint search');
  } catch (error) {
    const answer = sqlError(error);
    if (answer === undefined || kindOf(error) !== 'data') throw error;
    await connection.run('rollback to savepoint search; release savepoint search');
    if (rows.length === 1) {
      judge(batch, rows, rejectionOf(answer));
      for (const row of rows) search.known.add(row);
      return;
    }
    const middle = Math.ceil(rows.length / 2);
    await refuseKnown(connection, batch, search, rows.subarray(0, middle));
    await refuseKnown(connection, batch, search, rows.subarray(middle));
  }
}

function knownSql({ plan, table }: Batch, at: number): string {
  const columns = plan.key.map(({ column }) => quoteName(column.name));
  const matches = plan.key.flatMap((_, index) => (index === at ? [] : [keyMatch(plan, index)]));
  const search = `where ${columns[0]} = any($1::${plan.key[0]?.column.typeName}[])`;
  const from = searchesById(plan)
    ? `(select ${columns.join(', ')} from ${table} ${search} offset 0) t join ${keysTable(plan)} on ${matches.join(' and ')}`
    : `${keysTable(plan)}, lateral (select ${columns.join(', ')} from ${table} t where ${matches.join(' and ')} offset 0) t`;
  return (
    `select k.place::int as place, bool_or(${keyMatch(plan, at)}) as is_same, ` +
    `(array_agg(t.${columns[at]}))[1]::text as there, (array_agg(${keyValue(plan, at)}))[1]::text as here from ${from} group by k.place`
  );
}

/** Rows, and the row of an earlier event that has their id with another partition key. */
function conflictsWithin({ encoded }: Batch, at: number, known: ReadonlySet<number>): ReadonlyMap<number, number> {
  const { events, keys } = encoded;
  const first = new Map<string, number>();
  const conflicts = new Map<number, number>();
  const inOrder = Array.from(events, (_, row) => row).sort((a, b) => (events[a] ?? 0) - (events[b] ?? 0));
  const text = (index: number, row: number) => {
    const { bytes, ends } = keys[index] ?? { bytes: new Uint8Array(0), ends: new Uint32Array(0) };
    const from = row === 0 ? 0 : (ends[row - 1] ?? 0);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, ends[row]);
  };
  for (const row of inOrder) {
    if (known.has(row)) continue;
    const id = keys.map((_, index) => (index === at ? '' : text(index, row))).join('');
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, row);
    else if (text(at, earlier) !== text(at, row)) conflicts.set(row, earlier);
  }
  return conflicts;
}

/** The partition keys of rows as the server writes them. */
async function timesOf(
  connection: Connection,
  batch: Batch,
  { at, rows }: { readonly at: number; readonly rows: Uint32Array },
): Promise<ReadonlyMap<number, string>> {
  const sql = `select k.place::int as place, ${keyValue(batch.plan, at)}::text as time from ${keysTable(batch.plan)}`;
  const found = await connection.rows(sql, keyParameters(batch, rows));
  return new Map(found.map(({ place, time }) => [rows[Number(place) - 1] ?? 0, String(time)]));
}

function otherTime(
  { key, encoder }: TablePlan,
  at: number,
  { there, here }: { readonly there?: unknown; readonly here?: unknown },
): Rejection {
  const planned = key[at];
  const pointer = planned?.source.kind === 'pointer' ? planned.source.pointer : encoder.timePointer;
  return {
    kind: 'rejected',
    code: 'id_with_other_time',
    reason: `the id is there already with ${planned?.column.name} ${String(there)}, and this event has ${String(here)}`,
    ...(pointer.length > 0 && { pointer: pointerText(pointer) }),
  };
}
