import { CannotEvaluateError } from '../errors.js';
import type { Connection } from '../postgres/connection.js';
import { quoteName } from '../postgres/sql.js';
import type { EncodedRows } from '../sinks/postgres/encode/encoded-rows.js';
import { checksumSql } from '../sinks/postgres/key-checksum.js';
import type { TablePlan } from '../sinks/postgres/plan.js';
import { keyMatch, keyParameters, keysTable } from '../sinks/postgres/probe.js';
import type { PlannedPartition } from './plan.js';
import { framesOf } from './slices/slice.js';

/** What the table holds of a slice, as the server counts it. */
export interface Counted {
  readonly rows: number;
  /** Undefined where keys have no common hash. */
  readonly checksum: bigint | undefined;
}

const NONE: Counted = { rows: 0, checksum: 0n };

/** Adds up what was counted. */
export function addCounted(a: Counted, b: Counted): Counted {
  if (a.checksum === undefined || b.checksum === undefined) return { rows: a.rows + b.rows, checksum: undefined };
  return { rows: a.rows + b.rows, checksum: BigInt.asUintN(64, a.checksum + b.checksum) };
}

interface Asked {
  readonly connection: Connection;
  readonly table: TablePlan;
  /** The relation that is asked, quoted. */
  readonly relation: string;
}

/** Looks up the key of every row of a slice, frame by frame; rows that others have written do not disturb it. */
export async function countSlice(
  { connection, table, relation }: Asked,
  { slices, partition }: { readonly slices: string; readonly partition: PlannedPartition },
): Promise<Counted> {
  let sum = NONE;
  for await (const { encoded } of framesOf(slices, partition.index)) {
    sum = addCounted(sum, await countKeys({ connection, table, relation }, encoded));
  }
  return sum;
}

/** Counts all rows of a relation and adds up their keys. */
export async function countRelation({ connection, table, relation }: Asked): Promise<Counted> {
  const [row] = await connection.rows(`select count(*)::text as rows, ${sumSql(table)} as checksum from ${relation} t`);
  return countedIn(row);
}

/** How many of the first `count` keys the relation holds, and the sum over them. */
export async function countKeys(
  { connection, table, relation }: Asked,
  encoded: Pick<EncodedRows, 'keys' | 'rowEnds'>,
  count = encoded.rowEnds.length,
): Promise<Counted> {
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  const columns = table.key.map(({ column }) => quoteName(column.name)).join(', ');
  const matches = table.key.map((_, at) => keyMatch(table, at)).join(' and ');
  const [row] = await connection.rows(
    `select count(*)::text as rows, ${sumSql(table)} as checksum from ${keysTable(table)}, ` +
      `lateral (select ${columns} from ${relation} t where ${matches} limit 1) t`,
    keyParameters(
      { plan: table, encoded: { ...encoded, rows: NO_ROWS, events: rows, groups: [], otherTimes: 0 } },
      rows,
    ),
  );
  return countedIn(row);
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
  const agrees = found.checksum === wanted;
  return { agrees, evidence: `${counts}, checksum ${hex(wanted)}${agrees ? '' : ` ≠ ${hex(found.checksum)}`}` };
}

/** A checksum as it is written down. */
export function hex(sum: bigint): string {
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
}

/** A partition that does not hold what the source has. */
export function notVerified(partition: PlannedPartition, { evidence }: Verification): CannotEvaluateError {
  return new CannotEvaluateError(`partition ${partition.name} does not hold what the source has: ${evidence}`, {
    code: 'not_verified',
    hint: 'look for what deletes or refuses rows (triggers, rules, another job), then respool backfill retry <run>',
  });
}

function sumSql(table: TablePlan): string {
  return checksumSql(table) ?? 'null::text';
}

function countedIn(row: { readonly [column: string]: unknown } | undefined): Counted {
  const rows = Number(row?.rows ?? 0);
  const sum = row?.checksum;
  if (rows === 0) return NONE;
  return { rows, checksum: typeof sum === 'string' ? BigInt.asUintN(64, BigInt(sum)) : undefined };
}
