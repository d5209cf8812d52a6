import type { PlannedPartition } from '../plan.js';
import type { Capture } from './capture.js';
import type { Model } from './model.js';
import type { Staging } from './staging.js';

/** Everything that is known of a partition's way through a swap. */
export interface Way {
  readonly partition: PlannedPartition;
  readonly staging: Staging;
  /** The table: its plain name, and with its schema, quoted. */
  readonly table: string;
  readonly parent: string;
  readonly model: Model;
  readonly liveOid: string | undefined;
  /** The DEFAULT partition, quoted; it may hold rows of a partition that is made. */
  readonly fallback: string | undefined;
  readonly capture: Capture | undefined;
  readonly attach: string;
}
