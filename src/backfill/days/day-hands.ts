import { rm } from 'node:fs/promises';
import { CannotEvaluateError, IncompleteError, RespoolError } from '../../errors.js';
import type { Hands, Look } from '../backfill-target.js';
import type { PlannedUnit } from '../plan.js';
import { hex } from '../verify.js';
import { compareWithFarSide } from './compare-day.js';
import type { DayWork } from './day-work.js';
import { dayFolder, deliverDay, refusedPath } from './deliver-day.js';

/** After a look that found less than was sent, the others of the run are not asked for so long. */
const LOOK_AGAIN_MS = 600_000;

/** Delivers days through the flow that a replay has, and asks the far side afterwards. */
export function dayHands(work: DayWork): Hands {
  let nextLookMs = 0;
  let isAway = false;
  const look = async (unit: PlannedUnit): Promise<Look> => {
    if (isAway) return { change: { verified: false, evidence: NOT_ASKED }, exitCode: 4 };
    const looked = await lookAt(work, unit);
    if (looked.exitCode === 4) nextLookMs = Date.now() + LOOK_AGAIN_MS;
    isAway = looked.isAway === true;
    return looked;
  };
  return {
    async fill(unit) {
      const { states, farSide } = work;
      if (states.of(unit.index).state !== 'verifying' && !(await load(work, unit))) return;
      const { silence } = farSide;
      if (silence !== undefined) return await states.set(unit.index, endedWith(false, `delivered; ${silence}`));
      if (Date.now() < nextLookMs) return await states.set(unit.index, { evidence: NOT_ASKED });
      const { change, exitCode } = await look(unit);
      if (exitCode === 1 || exitCode === 2) throw failureOf(unit, change.evidence ?? '', exitCode);
      await states.set(unit.index, change);
    },
    async verify(unit) {
      const { silence } = work.farSide;
      if (silence !== undefined) return { change: { verified: false, evidence: `delivered; ${silence}` }, exitCode: 2 };
      const looked = await look(unit);
      if (looked.exitCode === 0) return { ...looked, isEnd: true };
      const { verified = false, evidence = '' } = looked.change;
      if (looked.exitCode !== 1) return { change: { verified, evidence }, exitCode: looked.exitCode };
      // From here on it is a failure, so that there is a way to mend it.
      const { code, message, hint = '' } = failureOf(unit, evidence, 1);
      const change = { state: 'failed', verified, evidence, error: { code, message, hint } } as const;
      return { change, exitCode: 1, isEnd: true };
    },
  };
}

const NOT_ASKED = 'delivered; not asked for yet, as what was delivered before it cannot be seen now either';

/** Delivers a day; false when something of it could not be sent yet. */
async function load(work: DayWork, unit: PlannedUnit): Promise<boolean> {
  const { states, folder } = work;
  const { state, error, deliveredAt } = states.of(unit.index);
  const isAnew = state === 'failed' && AGAIN.includes(error?.code ?? '');
  if (isAnew) {
    // The ledger knows what was taken: only the rest is sent.
    await rm(dayFolder(folder, unit.index), { recursive: true, force: true });
    await rm(refusedPath(folder, unit.index), { force: true });
  }
  await states.set(unit.index, { state: 'loading', startedAt: new Date().toISOString() });
  const { accepted, duplicate, rejected, unknown, unsent } = await deliverDay(work, unit);
  const counts = { accepted, duplicate, rejected, unknown };
  if (unsent > 0) {
    const evidence = `${unsent} events could not be sent yet; the same command again sends them`;
    await states.set(unit.index, { ...counts, evidence });
    work.tell(`${unit.name}: ${evidence}`);
    return false;
  }
  if (unknown > 0) {
    await states.set(unit.index, counts);
    throw new CannotEvaluateError(`nobody knows whether ${unknown} events of ${unit.name} arrived`, {
      code: 'unknown_left',
      hint: 'respool backfill retry <run> --on-unknown resend sends them again (they may then be there twice), skip takes them for delivered',
    });
  }
  const now = new Date().toISOString();
  await states.set(unit.index, {
    state: 'verifying',
    ...counts,
    deliveredAt: work.resends ? now : (deliveredAt ?? now),
  });
  return true;
}

/** A day that failed for one of these is delivered anew; for another reason it goes on where it was. */
const AGAIN: readonly string[] = ['unknown_left', 'not_verified'];

/** Asks the far side for a day and holds it against the source. */
async function lookAt(work: DayWork, unit: PlannedUnit): Promise<Look & { readonly isAway?: boolean }> {
  const { states, farSide, signal } = work;
  try {
    const { expected, found } = await compareWithFarSide(work, unit);
    const counts = `${expected.count} ids in the source, ${found.count} found`;
    if (expected.count === found.count && expected.checksum === found.checksum)
      return { change: endedWith(true, `${counts}, checksum ${hex(found.checksum)}`), exitCode: 0 };
    const { deliveredAt } = states.of(unit.index);
    const agoMs = Date.now() - Date.parse(deliveredAt ?? '');
    if (agoMs < farSide.lagMs) return { change: { verified: false, evidence: `${counts} so far` }, exitCode: 4 };
    return { change: { verified: false, evidence: counts }, exitCode: 1 };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof RespoolError)) throw error;
    const evidence = `delivered; could not be counted: ${error.message}`;
    const isAway = error instanceof IncompleteError;
    return { change: { verified: false, evidence }, exitCode: isAway ? 4 : 2, isAway };
  }
}

function endedWith(verified: boolean, evidence: string) {
  return { state: 'done', verified, evidence, endedAt: new Date().toISOString() } as const;
}

function failureOf({ name }: PlannedUnit, evidence: string, exitCode: 1 | 2): CannotEvaluateError {
  if (exitCode === 2) {
    return new CannotEvaluateError(`${name}: ${evidence}`, {
      code: 'not_counted',
      hint: 'mend what is named, then respool backfill retry <run>: nothing is sent again for it',
    });
  }
  return new CannotEvaluateError(`${name} does not hold what the source has: ${evidence}`, {
    code: 'not_verified',
    hint: 'respool backfill retry <run> --resend sends the day again',
  });
}
