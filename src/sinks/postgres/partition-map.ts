import type { Connection, Database } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { sqlError } from '../../postgres/sql-error.js';
import type { RowTarget } from './encode/encoded-rows.js';
import { readPartitions } from './introspect.js';
import { boundsSql, type TimeType } from './partition-bounds.js';
import { cut, partitionNamer } from './partition-names.js';
import { type Period, type PeriodScheme, periodsOf } from './partition-scheme.js';
import type { Partition } from './table.js';

/** The relation that a COPY writes into. */
export interface CopyTarget {
  /** Quoted, with its schema. */
  readonly relation: string;
  /** Undefined when it is the table itself. */
  readonly partition: Partition | undefined;
}

export interface PartitionMapOptions {
  readonly database: Database;
  readonly table: { readonly oid: string; readonly schema: string; readonly name: string };
  readonly partitions: readonly Partition[];
  /** In the order of the encoder's routing. */
  readonly routed: readonly Partition[];
  /** Whether rows go through the table even where their partition is known. */
  readonly throughTable: boolean;
  readonly type: TimeType;
  /** Undefined when none may be made. */
  readonly scheme: PeriodScheme | undefined;
}

/** Finds the partition of a group of rows, and makes it when it is missing. */
export interface PartitionMap {
  targetOf(target: RowTarget, signal: AbortSignal): Promise<CopyTarget>;
  /** The partition of a group of rows, undefined while it is missing. */
  foundFor(target: RowTarget): CopyTarget | undefined;
  /** Reads the partitions again: someone dropped, detached or replaced one. */
  refresh(signal: AbortSignal): Promise<void>;
}

const MOST_ATTEMPTS = 5;
const LOCK_TIMEOUT_MS = 3_000;
/** First half of the advisory lock under which partitions are made; the second is the table. */
const LOCK_CLASS = 0x7265_7370;

/** Opens the map with what is known of the table; partitions are made one after another, each in its own transaction. */
export function createPartitionMap(options: PartitionMapOptions): PartitionMap {
  const { database, table, routed, scheme, throughTable } = options;
  const itself: CopyTarget = { relation: qualified(table), partition: undefined };
  let known = options.partitions;
  let making: Promise<unknown> = Promise.resolve();

  const find = (atUs: number) =>
    known.find(({ fromUs, toUs, isDefault }) => !isDefault && fromUs <= atUs && atUs < toUs);
  const targetAt = (atUs: number): CopyTarget | undefined => {
    const partition = find(atUs);
    if (partition !== undefined)
      return partition.isWritable && !throughTable ? { relation: qualified(partition), partition } : itself;
    return known.some(({ isDefault }) => isDefault) ? itself : undefined;
  };
  const make = async (atUs: number, signal: AbortSignal): Promise<CopyTarget> => {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS && scheme !== undefined && targetAt(atUs) === undefined; attempt++) {
      known = await makePartition(options, { atUs, attempt }, signal);
    }
    return targetAt(atUs) ?? itself;
  };

  const instantOf = (target: Exclude<RowTarget, { readonly kind: 'table' }>) =>
    target.kind === 'missing' ? target.atUs : instantIn(routed[target.index]);
  const foundFor = (target: RowTarget) => (target.kind === 'table' ? itself : targetAt(instantOf(target)));

  return {
    foundFor,
    async targetOf(target, signal) {
      if (target.kind === 'table') return itself;
      const found = foundFor(target);
      if (found !== undefined) return found;
      const made = making.then(() => make(instantOf(target), signal));
      making = made.catch(() => undefined);
      return made;
    },
    async refresh(signal) {
      known = await database.use((connection) => readNow(connection, table.oid), signal);
    },
  };
}

/** Opens a transaction that reads bounds and defaults as all of this code understands them. */
export const READING = `begin read only; set local timezone = 'UTC'; set local datestyle = 'ISO'`;

async function readNow(connection: Connection, oid: string): Promise<readonly Partition[]> {
  await connection.run(READING);
  const partitions = await readPartitions(connection, oid);
  await connection.run('commit');
  return partitions;
}

/** Schema and name, quoted. */
export function qualified({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(schema)}.${quoteName(name)}`;
}

function instantIn(partition: Partition | undefined): number {
  if (partition === undefined) return Number.NaN;
  return Number.isFinite(partition.fromUs) ? partition.fromUs : partition.toUs - 1;
}

interface Making {
  readonly atUs: number;
  /** From 1; later attempts choose other names. */
  readonly attempt: number;
}

/** Makes the partition that holds an instant, unless another writer just did, and returns all partitions. */
async function makePartition(
  options: PartitionMapOptions,
  making: Making,
  signal: AbortSignal,
): Promise<readonly Partition[]> {
  const { database, table } = options;
  return database.use(async (connection) => {
    await connection.run(
      `begin; set local statement_timeout = 0; set local lock_timeout = ${LOCK_TIMEOUT_MS}; ` +
        `set local idle_in_transaction_session_timeout = '30s'; set local timezone = 'UTC'; set local datestyle = 'ISO'; select pg_advisory_xact_lock(${LOCK_CLASS}, ${table.oid}::oid::int8::bit(32)::int4)`,
    );
    const before = await readPartitions(connection, table.oid);
    const sql = creationSql(options, before, making);
    if (sql === undefined) {
      await connection.run('commit');
      return before;
    }
    try {
      // The whole table is locked by this: it is let go of at once, even if this process stands still from here on.
      await connection.run(`${sql}; commit`);
    } catch (error) {
      await connection.run('rollback');
      if (isTaken(error)) return before;
      throw error;
    }
    return readNow(connection, table.oid);
  }, signal);
}

/** Another writer made an overlapping partition, or a table of that name is there already. */
function isTaken(error: unknown): boolean {
  return ['42P17', '42P07', '23505'].includes(sqlError(error)?.code ?? '');
}

function creationSql(
  { table, type, scheme }: PartitionMapOptions,
  existing: readonly Partition[],
  { atUs, attempt }: Making,
): string | undefined {
  const ranged = existing.filter(({ fromUs }) => !Number.isNaN(fromUs));
  if (scheme === undefined || existing.some(({ isDefault }) => isDefault)) return undefined;
  if (ranged.some(({ fromUs, toUs }) => fromUs <= atUs && atUs < toUs)) return undefined;
  const period = gapAround(atUs, periodsOf(scheme)(atUs), ranged);
  const name = partitionNamer(table.name, ranged, scheme)(period.fromUs);
  const free = attempt === 1 ? name : cut(name, `_${attempt}`);
  const relation = qualified({ schema: ranged.at(-1)?.schema ?? table.schema, name: free });
  return `create table ${relation} partition of ${qualified(table)} ${boundsSql(period, type)}`;
}

/** The period as far as no existing partition holds it. */
export function gapAround(atUs: number, { fromUs, toUs }: Period, existing: readonly Period[]): Period {
  let gap = { fromUs, toUs };
  for (const other of existing) {
    if (other.toUs <= atUs && other.toUs > gap.fromUs) gap = { ...gap, fromUs: other.toUs };
    if (other.fromUs > atUs && other.fromUs < gap.toUs) gap = { ...gap, toUs: other.fromUs };
  }
  return gap;
}
