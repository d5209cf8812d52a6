import { RespoolError, UsageError } from '../errors.js';
import type { Connection, Database } from '../postgres/connection.js';
import { qualified } from '../sinks/postgres/partition-map.js';
import type { TablePlan } from '../sinks/postgres/plan.js';
import type { Source } from '../sources/source.js';
import { partmanName, partmanWords, readPartman } from './partman.js';
import type { BackfillPlan, Method, PlannedPartition } from './plan.js';
import { framesOf } from './slices/slice.js';
import type { Sliced, SlicedPartition } from './slices/slicing.js';
import { countRows, reading, relationOf, shapeOf, withinSql } from './target.js';
import { countKeys, hex } from './verify.js';

/** What a plan is made of. */
export interface Planning {
  readonly run: string;
  readonly method: Method;
  readonly source: Source;
  readonly sourceHashes: Readonly<Record<string, string>>;
  readonly sliced: Sliced;
  /** Where the slices lie. */
  readonly slices: string;
  readonly table: TablePlan;
  readonly database: Database;
  readonly snapshot: string;
  readonly sinceUs: number | undefined;
  readonly untilUs: number | undefined;
  readonly warnings: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Makes the plan of a source that has been read: for each partition what is there, what would come and what would be
 * refused. Writes nothing.
 */
export async function makePlan(planning: Planning): Promise<Omit<BackfillPlan, 'quarantineBytes'>> {
  const { run, method, source, sliced, table, database, signal } = planning;
  const partitions: PlannedPartition[] = [];
  const manager = await reading(database, (connection) => readPartman(connection, table), signal);
  const partman = manager === 'unknown' ? undefined : manager;
  for (const found of sliced.partitions) {
    const look = async (connection: Connection) => {
      const isNew = partman !== undefined && found.oid === undefined;
      const name = isNew ? await partmanName(connection, partman, found.fromUs) : found.name;
      return lookAt(connection, planning, { ...found, name });
    };
    partitions.push(await reading(database, look, signal));
  }
  const words = await reading(database, (connection) => partmanWords(connection, manager, partitions), signal);
  return {
    formatVersion: 1,
    run,
    method,
    table: { schema: table.table.schema, name: table.table.name, shape: shapeOf(table) },
    source: planning.sourceHashes,
    sinceUs: planning.sinceUs,
    untilUs: planning.untilUs,
    snapshot: planning.snapshot,
    accounts: sliced.accounts,
    partitions,
    untouched: untouchedBy(planning),
    failures: sliced.failures.map(({ part, error }) => ({
      part: source.parts[part]?.label ?? '',
      code: error instanceof RespoolError ? error.code : 'failed',
      message: error.message,
    })),
    ...(partman !== undefined && { partman }),
    notes: [...words.notes, ...table.notes],
    warnings: [...planning.warnings, ...words.warnings, ...table.warnings],
  };
}

async function lookAt(
  connection: Connection,
  { table, slices, method }: Planning,
  { repeats, checksum, ...found }: SlicedPartition,
): Promise<PlannedPartition> {
  const { relation, oid } = await relationOf(connection, table, found);
  const isThere = found.oid !== undefined;
  const rowsBefore = isThere ? await countRows(connection, relation) : 0;
  const inDefault = table.table.partitions.find(({ isDefault }) => isDefault);
  const rowsInDefault =
    isThere || inDefault === undefined ? 0 : await countRows(connection, qualified(inDefault), withinSql(table, found));
  let known = 0;
  if (method === 'insert' && rowsBefore > 0) {
    for await (const { encoded } of framesOf(slices, found.index)) {
      const firsts = encoded.groups[0]?.firstRepeat ?? encoded.rowEnds.length;
      known += (await countKeys({ connection, table, relation }, encoded, firsts)).rows;
    }
  }
  return {
    ...found,
    oid: found.oid ?? oid,
    rowsBefore,
    rowsInDefault,
    expectedDuplicates: known + repeats,
    checksum: checksum === undefined ? undefined : hex(checksum),
  };
}

/** Existing partitions in the range for which the source has nothing. */
function untouchedBy({ table, sliced, sinceUs, untilUs }: Planning): readonly string[] {
  const found = new Set(sliced.partitions.map(({ name }) => name));
  const from = sinceUs ?? Number.NEGATIVE_INFINITY;
  const to = untilUs ?? Number.POSITIVE_INFINITY;
  if (sinceUs === undefined && untilUs === undefined) return [];
  return table.routed
    .filter(({ name, fromUs, toUs }) => fromUs < to && toUs > from && !found.has(name))
    .map(({ name }) => name);
}

/**
 * Holds a plan against one that was approved before.
 * @throws UsageError `plan_changed` that names what is no longer as it was.
 */
export function requireSamePlan(approved: BackfillPlan, now: BackfillPlan): void {
  const changes: string[] = [];
  if (approved.method !== now.method) changes.push(`the method was ${approved.method} and is ${now.method}`);
  const tableOf = ({ table }: BackfillPlan) => `${table.schema}.${table.name}`;
  if (tableOf(approved) !== tableOf(now)) changes.push(`the table was ${tableOf(approved)} and is ${tableOf(now)}`);
  if (approved.table.shape !== now.table.shape) changes.push('columns, keys or partitioning of the table have changed');
  for (const part of new Set([...Object.keys(approved.source), ...Object.keys(now.source)])) {
    if (approved.source[part] !== now.source[part]) changes.push(`${part} has changed`);
  }
  if (approved.sinceUs !== now.sinceUs || approved.untilUs !== now.untilUs) changes.push('the range has changed');
  const before = new Map(approved.partitions.map((partition) => [partition.name, partition]));
  for (const partition of now.partitions) {
    const planned = before.get(partition.name);
    before.delete(partition.name);
    if (planned === undefined) changes.push(`partition ${partition.name} was not planned`);
    else if (planned.oid !== partition.oid) changes.push(`partition ${partition.name} has been made or replaced`);
    else if (planned.checksum !== partition.checksum || planned.rows !== partition.rows) {
      changes.push(`the events for partition ${partition.name} have changed`);
    }
  }
  for (const name of before.keys()) changes.push(`there are no events any more for partition ${name}`);
  if (changes.length === 0) return;
  throw new UsageError(`the plan no longer holds: ${changes.slice(0, 5).join('; ')}`, {
    code: 'plan_changed',
    hint: 'make a new one with --dry-run --plan-out, look at it, and carry that out',
  });
}
