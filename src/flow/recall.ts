import { CannotEvaluateError, IncompleteError } from '../errors.js';
import type { EventBatch } from '../event/batch.js';
import { type Sink, SinkUnavailableError, type Verdict } from '../sinks/sink.js';
import { hashText, type Intent } from './state/intents.js';

/** What deliveries had committed before an earlier invocation of this run died without hearing of it. */
export interface Recall {
  /**
   * Sets right the verdicts of a delivery that repeats a recalled one: the far side calls those events duplicates,
   * and it was this run that had them accepted.
   */
  correct(sink: string, part: number, events: EventBatch, verdicts: readonly Verdict[]): readonly Verdict[];
}

interface Recalled {
  readonly intent: Intent;
  /** Ids that were duplicates then already, and how often. */
  readonly duplicates: Map<string, number>;
}

const ACCEPTED: Verdict = { kind: 'accepted' };

/** Asks each sink what became of the intents that were left. */
export async function recallIntents(
  intents: readonly Intent[],
  sinks: readonly Sink[],
  signal: AbortSignal,
): Promise<Recall> {
  const committed: Recalled[] = [];
  for (const intent of intents) {
    const sink = sinks.find(({ label }) => label === intent.sink);
    if (sink !== undefined && (await fateOf(sink, intent, signal)) === 'committed') {
      committed.push({ intent, duplicates: countEach(intent.duplicates) });
    }
  }
  return { correct: (...args) => correct(committed, ...args) };
}

/** Without this answer the counts would be wrong: nothing goes on before it is had. */
async function fateOf(sink: Sink, { token }: Intent, signal: AbortSignal) {
  try {
    return await sink.recall?.(token, signal);
  } catch (cause) {
    if (!(cause instanceof SinkUnavailableError)) throw cause;
    const message = `${sink.label} cannot say what it had committed when the run stopped: ${cause.message}`;
    if (cause.cure === 'wait') {
      const hint = 'run the same command again once it is back';
      throw new IncompleteError(message, { code: 'recall_unanswered', hint, cause });
    }
    throw new CannotEvaluateError(message, {
      code: 'sink_refused',
      hint: 'mend that and run the same command again',
      cause,
    });
  }
}

function correct(
  committed: readonly Recalled[],
  sink: string,
  part: number,
  events: EventBatch,
  verdicts: readonly Verdict[],
): readonly Verdict[] {
  const relevant = committed.filter(({ intent }) => intent.sink === sink && intent.part === part);
  if (relevant.length === 0) return verdicts;
  return verdicts.map((verdict, index) => {
    if (verdict.kind !== 'duplicate') return verdict;
    const offset = events.offsets[index] ?? -1;
    const recalled = relevant.find(({ intent }) => intent.from <= offset && offset < intent.to);
    return recalled === undefined || wasDuplicate(recalled, hashText(events, index)) ? verdict : ACCEPTED;
  });
}

function wasDuplicate({ duplicates }: Recalled, hash: string): boolean {
  const left = duplicates.get(hash) ?? 0;
  if (left > 0) duplicates.set(hash, left - 1);
  return left > 0;
}

function countEach(hashes: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const hash of hashes) counts.set(hash, (counts.get(hash) ?? 0) + 1);
  return counts;
}
