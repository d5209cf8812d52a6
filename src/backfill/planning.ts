import { RespoolError } from '../errors.js';
import type { Connection, Database } from '../postgres/connection.js';
import { qualified } from '../sinks/postgres/partition-map.js';
import type { TablePlan } from '../sinks/postgres/plan.js';
import type { SourceRead } from './backfill-target.js';
import { partmanName, partmanWords, readPartman } from './partman.js';
import type { Method, PlannedPartition, Proof, TableBackfill } from './plan.js';
import type { SlicedPartition } from './slices/partition-tally.js';
import { framesOf } from './slices/slice.js';
import { swapWarnings } from './swap/warnings.js';
import { countRows, reading, relationOf, shapeOf, withinSql } from './target.js';
import { countKeys, hex } from './verify.js';

/** What the plan for a table is made of. */
export interface Planning {
  readonly method: Method;
  readonly verify: Proof;
  readonly read: SourceRead;
  readonly partitions: readonly SlicedPartition[];
  /** Where the slices lie. */
  readonly slices: string;
  readonly table: TablePlan;
  readonly database: Database;
  readonly snapshot: string;
  readonly signal: AbortSignal;
}

/**
 * Makes the plan of a source that has been read: for each partition what is there, what would come and what would be
 * refused. Writes nothing.
 */
export async function makePlan(planning: Planning): Promise<Omit<TableBackfill, 'quarantineBytes'>> {
  const { method, read, table, database, signal } = planning;
  const partitions: PlannedPartition[] = [];
  const manager = await reading(database, (connection) => readPartman(connection, table), signal);
  const scheme = table.encoder.routing?.scheme;
  const partman = manager === 'unknown' ? undefined : manager;
  for (const found of planning.partitions) {
    const look = async (connection: Connection) => {
      const isNew = partman !== undefined && found.oid === undefined;
      const name = isNew ? await partmanName(connection, partman, found.fromUs) : found.name;
      return lookAt(connection, planning, { ...found, name });
    };
    partitions.push(await reading(database, look, signal));
  }
  const words = await reading(database, (connection) => partmanWords(connection, manager, partitions), signal);
  const oids = [table.table.oid, ...partitions.map(({ oid }) => oid)].filter((oid) => oid !== undefined);
  const unreached =
    method === 'swap' ? await reading(database, (connection) => swapWarnings(connection, oids), signal) : [];
  return {
    ...planFacts(read),
    method,
    verify: planning.verify,
    table: { schema: table.table.schema, name: table.table.name, shape: shapeOf(table) },
    snapshot: planning.snapshot,
    ...(scheme !== undefined && { scheme }),
    partitions,
    untouched: untouchedBy(planning),
    ...(partman !== undefined && { partman }),
    notes: [...words.notes, ...table.notes],
    warnings: [...read.warnings, ...words.warnings, ...unreached, ...table.warnings],
  };
}

/** What a plan says of the source. */
export function planFacts({ run, hashes, sinceUs, untilUs, accounts, failures, parts }: SourceRead) {
  return {
    formatVersion: 1 as const,
    run,
    source: hashes,
    sinceUs,
    untilUs,
    accounts,
    failures: failures.map(({ part, error }) => ({
      part: parts[part]?.label ?? '',
      code: error instanceof RespoolError ? error.code : 'failed',
      message: error.message,
    })),
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
function untouchedBy({ table, partitions, read: { sinceUs, untilUs } }: Planning): readonly string[] {
  const found = new Set(partitions.map(({ name }) => name));
  const from = sinceUs ?? Number.NEGATIVE_INFINITY;
  const to = untilUs ?? Number.POSITIVE_INFINITY;
  if (sinceUs === undefined && untilUs === undefined) return [];
  return table.routed
    .filter(({ name, fromUs, toUs }) => fromUs < to && toUs > from && !found.has(name))
    .map(({ name }) => name);
}
