import { CannotEvaluateError } from '../errors.js';
import { idOf } from '../event/batch.js';
import type { Connection } from '../postgres/connection.js';
import { quoteName } from '../postgres/sql.js';
import type { EncodedRows } from '../sinks/postgres/encode/encoded-rows.js';
import { checksumSql } from '../sinks/postgres/key-checksum.js';
import type { TablePlan } from '../sinks/postgres/plan.js';
import { int8Parameter, keyMatch, keyParameters, keysTable } from '../sinks/postgres/probe.js';
import { hashedRowsSql, KEY_HASH } from '../sinks/postgres/row-shape.js';
import type { PlannedPartition } from './plan.js';
import { proofOf, type RowProof } from './row-proof.js';
import { batchesOf, framesOf, keptBatch } from './slices/slice.js';

/** What the table holds of a slice, as the server counts it. */
export interface Counted {
  readonly rows: number;
  /** Sum over the keys; undefined where keys have no common hash. */
  readonly checksum: bigint | undefined;
  /** Sum over whole rows; undefined where they were not compared as a whole. */
  readonly contents?: bigint | undefined;
}

/** Rows of a slice whose keys the table holds with other values. */
export interface Others {
  readonly others: number;
  /** Ids of the first of them. */
  readonly ids: readonly string[];
  /** Names of columns that were not compared. */
  readonly left: readonly string[];
}

const NONE: Counted = { rows: 0, checksum: 0n, contents: 0n };

/** Adds up what was counted. */
export function addCounted(a: Counted, b: Counted): Counted {
  return { rows: a.rows + b.rows, checksum: sumOf(a.checksum, b.checksum), contents: sumOf(a.contents, b.contents) };
}

function sumOf(a: bigint | undefined, b: bigint | undefined): bigint | undefined {
  return a === undefined || b === undefined ? undefined : BigInt.asUintN(64, a + b);
}

interface Asked {
  readonly connection: Connection;
  readonly table: TablePlan;
  /** The relation that is asked, quoted. */
  readonly relation: string;
}

interface AskedSlice {
  readonly slices: string;
  readonly partition: PlannedPartition;
}

/** Looks up the key of every row of a slice, frame by frame; rows that others have written do not disturb it. */
export async function countSlice(asked: Asked, { slices, partition }: AskedSlice): Promise<Counted> {
  let sum = NONE;
  for await (const { encoded } of framesOf(slices, partition.index))
    sum = addCounted(sum, await countKeys(asked, encoded));
  return sum;
}

const MOST_IDS = 3;

/**
 * Does the same, and holds each row that was found against the source column by column. Undefined where the table's keys have no
 * common hash.
 */
export async function compareSlice(
  asked: Asked,
  { slices, partition }: AskedSlice,
): Promise<(Counted & Others) | undefined> {
  let sum = NONE;
  let others = 0;
  const ids: string[] = [];
  const left = new Set<string>();
  for await (const { frame, encoded } of batchesOf(slices, partition.index)) {
    const proof = proofOf(asked.table, encoded.groups[0]?.omitted ?? 0);
    if (proof === undefined) return undefined;
    for (const name of proof.shape.left) left.add(name);
    const found = await compareRows(asked, encoded, proof);
    sum = addCounted(sum, found);
    others += found.places.length;
    if (found.places.length === 0 || ids.length === MOST_IDS) continue;
    const { events } = await keptBatch(slices, frame.batchAt);
    for (const row of found.places.slice(0, MOST_IDS - ids.length)) ids.push(idOf(events, encoded.events[row] ?? 0));
  }
  return { ...sum, others, ids, left: [...left] };
}

/** Counts all rows of a relation and adds up their keys, and with a proof their contents. */
export async function countRelation({ connection, table, relation }: Asked, proof?: RowProof): Promise<Counted> {
  const [row] = await connection.rows(
    proof === undefined
      ? `select count(*)::text as rows, ${sumSql(table)} as checksum from ${relation} t`
      : `select ${sumsSql(proof)} from ${hashedRowsSql(table, `select * from ${relation}`)}`,
  );
  return countedIn(row);
}

/** What `countRelation` asks with a proof, of `hashedRowsSql`. */
export function sumsSql({ shape }: RowProof): string {
  return `count(*)::text as rows, sum(t.${KEY_HASH})::text as checksum, sum(${shape.sql})::text as contents`;
}

/** How many of the first `count` keys the relation holds, and the sum over them. */
export async function countKeys(
  { connection, table, relation }: Asked,
  encoded: Pick<EncodedRows, 'keys' | 'rowEnds'>,
  count = encoded.rowEnds.length,
): Promise<Counted> {
  const columns = table.key.map(({ column }) => `t.${quoteName(column.name)}`).join(', ');
  const [row] = await connection.rows(
    `select count(*)::text as rows, ${sumSql(table)} as checksum from ${keysTable(table)}, ` +
      `lateral (select ${columns} from ${relation} t where ${matchSql(table)} limit 1) t`,
    parametersOf(table, encoded, count),
  );
  return countedIn(row);
}

/** Counts the rows of a frame, and tells which of them hold other values; of rows that repeat a key only the first is compared. */
async function compareRows(
  { connection, table, relation }: Asked,
  encoded: EncodedRows,
  proof: RowProof,
): Promise<Counted & { readonly places: readonly number[] }> {
  const count = encoded.rowEnds.length;
  const firsts = encoded.groups[0]?.firstRepeat ?? count;
  const keys = parametersOf(table, encoded, count);
  const isOther = `k.place <= ${firsts} and ${proof.shape.sql} <> ($${keys.length + 1}::int8[])[k.place]`;
  const [row] = await connection.rows(
    `select count(*)::text as rows, ${sumSql(table)} as checksum, string_agg(k.place::text, ',' order by k.place) filter (where ${isOther}) as places ` +
      `from ${keysTable(table)}, lateral ${hashedRowsSql(table, `select * from ${relation} t where ${matchSql(table)} limit 1`)}`,
    [...keys, int8Parameter(proof.hashes(encoded))],
  );
  const places = typeof row?.places === 'string' ? row.places.split(',').map((place) => Number(place) - 1) : [];
  return { ...countedIn(row), places };
}

function matchSql(table: TablePlan): string {
  return table.key.map((_, at) => keyMatch(table, at)).join(' and ');
}

function parametersOf(table: TablePlan, encoded: Pick<EncodedRows, 'keys' | 'rowEnds'>, count: number) {
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  return keyParameters(
    { plan: table, encoded: { ...encoded, rows: NO_ROWS, events: rows, groups: [], otherTimes: 0 } },
    rows,
  );
}

const NO_ROWS = new Uint8Array(0);

/** What was found, in words; undefined evidence of a difference never passes for agreement. */
export interface Verification {
  readonly agrees: boolean;
  readonly evidence: string;
}

/** Rows of a slice that the server refused, and the sum over their keys. */
export interface RefusedRows {
  readonly rejected: number;
  readonly rejectedChecksum: bigint;
}

/** Holds what the source has for a partition against what the table was found to hold. */
export function judge(partition: PlannedPartition, refused: RefusedRows, found: Counted): Verification {
  const expected = partition.rows - refused.rejected;
  const counts = `${expected} rows in the source, ${found.rows} found`;
  if (found.rows !== expected) return { agrees: false, evidence: counts };
  if (partition.checksum === undefined || found.checksum === undefined) {
    return { agrees: true, evidence: `${counts}, key by key` };
  }
  const wanted = BigInt.asUintN(64, BigInt(`0x${partition.checksum}`) - refused.rejectedChecksum);
  return compared({ agrees: true, evidence: counts }, 'checksum', { wanted, found: found.checksum });
}

/** The same with the sums over whole rows. @param left names of columns that are not in them. */
export function judgeContents(
  keys: Verification,
  sums: { readonly wanted: bigint; readonly found: bigint | undefined },
  left: readonly string[],
): Verification {
  if (!keys.agrees || sums.found === undefined) return keys;
  const { agrees, evidence } = compared(keys, 'of whole rows', { wanted: sums.wanted, found: sums.found });
  return { agrees, evidence: evidence + notCompared(left) };
}

/** The same with rows that were held against the source one by one. @param most so many may hold other values. */
export function judgeOthers(keys: Verification, { others, ids, left }: Others, most: number): Verification {
  const agrees = keys.agrees && others <= most;
  if (others === 0) return { agrees, evidence: `${keys.evidence}, no other values${notCompared(left)}` };
  const which = `${ids.join(', ')}${others > ids.length ? ', …' : ''}`;
  return { agrees, evidence: `${keys.evidence}, ${others} with other values (${which})${notCompared(left)}` };
}

function notCompared(left: readonly string[]): string {
  return left.length === 0 ? '' : `; not compared: ${left.join(', ')}`;
}

function compared(
  { evidence }: Verification,
  what: string,
  { wanted, found }: { readonly wanted: bigint; readonly found: bigint },
): Verification {
  const agrees = wanted === found;
  return { agrees, evidence: `${evidence}, ${what} ${hex(wanted)}${agrees ? '' : ` ≠ ${hex(found)}`}` };
}

/** A checksum as it is written down. */
export function hex(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
}

/** A partition that does not hold what the source has. */
export function notVerified(partition: PlannedPartition, { evidence }: Verification): CannotEvaluateError {
  return new CannotEvaluateError(`partition ${partition.name} does not hold what the source has: ${evidence}`, {
    code: 'not_verified',
    hint: 'look for what deletes, changes or refuses rows (triggers, rules, another job), then respool backfill retry <run>',
  });
}

function sumSql(table: TablePlan): string {
  return checksumSql(table) ?? 'null::text';
}

/** What `count(*) as rows` and the sums beside it have come to. */
export function countedIn(row: { readonly [column: string]: unknown } | undefined): Counted {
  const rows = Number(row?.rows ?? 0);
  if (rows === 0) return NONE;
  return { rows, checksum: sumIn(row?.checksum), contents: sumIn(row?.contents) };
}

function sumIn(text: unknown): bigint | undefined {
  return typeof text === 'string' ? BigInt.asUintN(64, BigInt(text)) : undefined;
}
