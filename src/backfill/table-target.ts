import type { Database } from '../postgres/connection.js';
import { connectError } from '../postgres/server.js';
import { kindOf } from '../postgres/sql-error.js';
import type { TablePlan } from '../sinks/postgres/plan.js';
import type { Sink } from '../sinks/sink.js';
import type { Target } from './backfill-target.js';
import { claimRange } from './holders.js';
import type { Method, Proof } from './plan.js';
import { makePlan } from './planning.js';
import { PartitionTally } from './slices/partition-tally.js';
import { requireSwappable } from './swap/refusals.js';
import { tableHands } from './table-hands.js';
import { currentSnapshot, reading } from './target.js';
import { openLoadWatch } from './target-load.js';

/** A table as a backfill fills it. */
export interface OpenTable {
  readonly table: TablePlan;
  readonly sink: Sink;
  /** Sessions of the backfill itself. */
  readonly database: Database;
  readonly method: Method;
  readonly verify: Proof;
  /** The range of the run, in microseconds since the Unix epoch. */
  readonly sinceUs: number | undefined;
  readonly untilUs: number | undefined;
  readonly maxLockMs: number;
}

/** The partitions of a Postgres table as the units of a backfill. */
export function tableTarget(opened: OpenTable): Target {
  const { table, sink, database, method, sinceUs, untilUs, maxLockMs } = opened;
  return {
    sink,
    async check(signal) {
      if (method !== 'swap') return;
      await reading(database, (connection) => requireSwappable(connection, table, { sinceUs, untilUs }), signal);
    },
    watch: (limits, signal) => openLoadWatch(database, limits, signal),
    hold: (run, body, signal) =>
      database.use(async (session) => {
        const bounds = { fromS: (sinceUs ?? -Infinity) / 1e6, toS: (untilUs ?? Infinity) / 1e6 };
        await claimRange(session, { tableOid: table.table.oid ?? '0', run, ...bounds });
        return await body();
      }, signal),
    async openCut(slices, signal) {
      const snapshot = await reading(database, currentSnapshot, signal);
      const tally = new PartitionTally(table);
      return {
        keepsNothing: true,
        add: (item, refused, spill) => tally.add(item, refused, spill),
        plan: (read) =>
          makePlan({ ...opened, read, partitions: tally.partitions(), slices, snapshot, signal }).catch(
            (error: unknown) => {
              throw kindOf(error) === undefined ? error : connectError(error, database.label);
            },
          ),
      };
    },
    async openHands(undertaking, plan) {
      if (plan.method === 'deliver') throw new Error(`the plan of run ${plan.run} is for no table`);
      return tableHands({ ...undertaking, plan, table, database, sink, maxLockMs });
    },
  };
}
