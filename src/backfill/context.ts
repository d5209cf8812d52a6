import type { Database } from '../postgres/connection.js';
import type { TablePlan } from '../sinks/postgres/plan.js';
import type { Sink } from '../sinks/sink.js';
import type { Gate } from './gate.js';
import type { TableBackfill } from './plan.js';
import type { States } from './states.js';

/** What carrying out a plan takes, wherever it goes. */
export interface Undertaking {
  readonly states: States;
  /** Where the slices lie. */
  readonly slices: string;
  /** The run's folder. */
  readonly folder: string;
  readonly parts: readonly { readonly label: string }[];
  /** Holds the work back while the target is busy. */
  readonly gate: Gate;
  /** Aborted when the run is to stop at once. */
  readonly signal: AbortSignal;
  /** Aborted when the run is to stop as soon as it can do so in good order. */
  readonly finish: AbortSignal;
  readonly tell: (note: string) => void;
}

/** All that filling a partition of a table takes. */
export interface Work extends Undertaking {
  readonly plan: TableBackfill;
  readonly table: TablePlan;
  /** Sessions of the backfill itself, beside those of the sink. */
  readonly database: Database;
  readonly sink: Sink;
  /** The longest that a lock may keep others from the table, in milliseconds. */
  readonly maxLockMs: number;
  /** Whether whoever else has a partition is dead, as the queue says that has given it to this process. */
  readonly takesOver?: boolean;
}
