import type { PreparePool } from '../../flow/prepare/pool.js';
import type { RunRecord } from '../../flow/state/run-record.js';
import type { WaitNote } from '../../flow/wait-note.js';
import type { Sink } from '../../sinks/sink.js';
import type { Undertaking } from '../context.js';
import type { DayBackfill, PlannedUnit } from '../plan.js';
import type { FarSide } from './far-side.js';

/** All that delivering days takes. */
export interface DayWork extends Undertaking {
  readonly plan: DayBackfill;
  readonly record: RunRecord;
  readonly farSide: FarSide;
  readonly pool: PreparePool;
  /** Whether what was sent before is sent again: then what arrives has to be waited for again. */
  readonly resends: boolean;
  /** Told by the sink while it waits. */
  readonly waitNote?: WaitNote;
  /** Opens the sink for one day. @param folder the day's own, which lasts as long as the run. */
  openDaySink(unit: PlannedUnit, folder: string): Promise<DaySink>;
}

/** A sink that takes no event twice; one that sends only at its end is for this day alone. */
export interface DaySink extends AsyncDisposable {
  readonly sink: Sink;
}
