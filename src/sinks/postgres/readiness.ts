import type { Database } from '../../postgres/connection.js';
import { makeTable } from './new-table.js';
import { createPartitionMap, type PartitionMap } from './partition-map.js';
import type { TablePlan } from './plan.js';

/** A table that rows can be written into. */
export interface ReadyTable {
  readonly oid: string;
  /** Undefined when the server routes rows. */
  readonly partitions: PartitionMap | undefined;
}

/** Makes the table before the first delivery, once; a failed attempt is made again by the next delivery. */
export function createReadiness(database: Database, plan: TablePlan): (signal: AbortSignal) => Promise<ReadyTable> {
  let ready: Promise<ReadyTable> | undefined;
  return (signal) => {
    ready ??= makeReady(database, plan, signal).catch((error: unknown) => {
      ready = undefined;
      throw error;
    });
    return ready;
  };
}

async function makeReady(database: Database, plan: TablePlan, signal: AbortSignal): Promise<ReadyTable> {
  const { routed, timeType, encoder } = plan;
  const isMissing = plan.table.oid === undefined;
  const table = isMissing ? await database.use((connection) => makeTable(connection, plan.table), signal) : plan.table;
  const oid = table.oid ?? '';
  const scheme = encoder.routing?.scheme;
  if (timeType === undefined) return { oid, partitions: undefined };
  const { schema, name, partitions } = table;
  return {
    oid,
    partitions: createPartitionMap({
      database,
      throughTable: table.hasStatementTriggers,
      table: { oid, schema, name },
      partitions,
      routed,
      type: timeType,
      scheme,
    }),
  };
}
