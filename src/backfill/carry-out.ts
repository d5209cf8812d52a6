import { CannotEvaluateError, IncompleteError, RespoolError } from '../errors.js';
import { reasonOf } from '../postgres/retry.js';
import { kindOf } from '../postgres/sql-error.js';
import type { Hands } from './backfill-target.js';
import type { Undertaking } from './context.js';
import type { PlannedUnit } from './plan.js';
import { waitHint } from './wait-hint.js';

/** Why a run ended before all its units were done; undefined when nothing stopped it. */
export interface CarriedOut {
  readonly stoppedBy: 'interrupted' | 'unavailable' | undefined;
  readonly error: Error | undefined;
}

type Circumstances = Pick<Undertaking, 'states' | 'signal' | 'finish' | 'tell'>;

/** Fills units, several at once, in the order of time. A unit that fails does not stop the others. */
export async function carryOut(
  work: Circumstances,
  hands: Hands,
  unfilled: readonly PlannedUnit[],
  jobs: number,
): Promise<CarriedOut> {
  const queue = [...unfilled];
  let error: Error | undefined;
  const labour = async () => {
    for (let next = queue.shift(); next !== undefined && error === undefined; next = queue.shift()) {
      if (work.finish.aborted) return;
      const trouble = await fillUnit(work, hands, next);
      error ??= trouble;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(jobs, queue.length) }, labour));
  work.signal.throwIfAborted();
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  if (work.finish.aborted) return { stoppedBy: 'interrupted', error: undefined };
  return { stoppedBy: error === undefined ? undefined : 'unavailable', error };
}

/** Fills one unit and resolves to what keeps all of them from going on; its own trouble is written down. */
export async function fillUnit(work: Circumstances, hands: Hands, unit: PlannedUnit): Promise<Error | undefined> {
  const { states, signal, finish } = work;
  try {
    await hands.fill(unit);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (finish.aborted && (error === finish.reason || isAbort(error))) return undefined;
    const trouble = troubleOf(error);
    if (stopsAll(trouble)) return trouble;
    const { code, message, hint } = trouble;
    const told = { code, message, ...(hint !== undefined && { hint }) };
    await states.set(unit.index, {
      state: 'failed',
      error: told,
      failures: (states.of(unit.index).failures ?? 0) + 1,
      endedAt: new Date().toISOString(),
    });
    work.tell(`${unit.name} failed: ${message}`);
    return undefined;
  }
}

/** Whether no unit can go on: the target is away, or takes nothing from whoever asks. */
function stopsAll(trouble: RespoolError): boolean {
  return trouble instanceof IncompleteError || trouble.code === 'sink_refused';
}

/** Any error as something that a user can act on. */
function troubleOf(error: unknown): RespoolError {
  if (error instanceof RespoolError) return error;
  const kind = kindOf(error);
  if (kind === 'wait') {
    return new IncompleteError(reasonOf(error), {
      code: 'target_unavailable',
      hint: waitHint(error),
      cause: error,
    });
  }
  if (kind === undefined) throw error;
  return new CannotEvaluateError(reasonOf(error), {
    code: 'partition_refused',
    hint: 'mend what the server names, then respool backfill retry <run>',
    cause: error,
  });
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
