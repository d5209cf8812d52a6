import type { PlannedUnit } from '../plan.js';

/** What the far side of a sink can be asked about the events of a day. */
export interface FarSide {
  /** The name under which it keeps an event with this id. */
  nameOf(id: string): string;
  /** Why it cannot be asked; undefined where it can. */
  readonly silence: string | undefined;
  /** For how long after its delivery an event may be out of sight; 0 where everything is seen at once. */
  readonly lagMs: number;
  /**
   * Names that it holds for a day, whoever sent them, in any order and as often as they are there.
   * @throws RespoolError when it cannot be asked now.
   */
  namesOf(unit: PlannedUnit, signal: AbortSignal): AsyncIterable<string>;
}
