import type { Layer } from '../../event/layer.js';
import type { Pointer } from '../../event/pointer.js';
import { openCode } from './code.js';
import type { RepairSpec } from './rule.js';
import { openRules } from './rules.js';

/** Mends events on their way. Synchronous; one instance a worker. */
export interface Repairer {
  /** What became of an event; undefined when no rule was about it or nothing changed. */
  repair(event: Repairable): Repaired | undefined;
}

/** An event whose identity has been taken. */
export interface Repairable {
  readonly id: string;
  readonly name: string;
  readonly timeUs: number;
  readonly layers: readonly Layer[];
  /** Its own JSON text, which stays as it is. */
  readonly json: Uint8Array;
}

export interface Repaired {
  /** The event, mended; none when it is left out, several when it was split. */
  readonly texts: readonly Uint8Array[];
  /** Names of the rules that changed something, in order. */
  readonly rules: readonly string[];
  /** Whether a rule has set the id: otherwise the event keeps the one it had before. */
  readonly setsId: boolean;
  /** Why it could not be mended; then it is held as it was. */
  readonly failure?: string;
}

/** Opens the repairs of a run. @throws UsageError `bad_repair`. */
export async function openRepairer(spec: RepairSpec, id: Pointer | undefined): Promise<Repairer> {
  return spec.kind === 'rules' ? openRules(spec.rules, id) : openCode(spec, id);
}
