import { CannotEvaluateError, IncompleteError } from '../errors.js';
import { keyChecksum, keyShape } from '../sinks/postgres/key-checksum.js';
import type { Verdict } from '../sinks/sink.js';
import { SinkUnavailableError } from '../sinks/sink.js';
import type { Work } from './context.js';
import type { PlannedPartition } from './plan.js';
import { openRefused } from './refused.js';
import type { Frame } from './slices/frame.js';
import { batchesOf, keptBatch } from './slices/slice.js';
import { waitHint } from './wait-hint.js';

/** What became of the rows of a partition. */
export interface Loaded {
  readonly accepted: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** Sum over the keys of the rejected rows, so that the others can be held against the source. */
  readonly rejectedChecksum: bigint;
}

/**
 * Inserts the slice of a partition into the live one; what is there already stays. Any part of it may have been inserted
 * before: then it counts as duplicate.
 * @throws IncompleteError `target_unavailable` when the server stays away, CannotEvaluateError `partition_refused` when it
 * refuses for a reason that waiting does not cure.
 */
export async function insertSlice(work: Work, partition: PlannedPartition): Promise<Loaded> {
  const counts = { accepted: 0, duplicate: 0, rejected: 0 };
  const shape = keyShape(work.table);
  let rejectedChecksum = 0n;
  await using refused = await openRefused(work, partition);
  for await (const { frame, encoded } of batchesOf(work.slices, partition.index)) {
    const rows = encoded.rowEnds.length;
    await work.gate.pass(rows, work.finish);
    const { part, events } = await eventsOf(work, frame);
    const verdicts = await deliver(work, { events, encoded });
    for (const event of encoded.events) count(counts, verdicts[event]);
    const refusedRows = refusedIn(encoded.events, verdicts);
    if (shape !== undefined) rejectedChecksum += keyChecksum(encoded, refusedRows, shape);
    if (refusedRows.length === 0) continue;
    await refused.keep(
      { part, events },
      verdicts.map((verdict) => (isRefused(verdict) ? verdict : TAKEN)),
    );
  }
  return { ...counts, rejectedChecksum };
}

type Kept = Awaited<ReturnType<typeof keptBatch>>;

function eventsOf({ slices }: Work, frame: Frame): Promise<Kept> {
  return keptBatch(slices, frame.batchAt);
}

/** Events of the batch that belong into other partitions are told as refused: nothing asks for their verdict. */
async function deliver(
  { sink, signal }: Work,
  { events, encoded }: { readonly events: Kept['events']; readonly encoded: { readonly events: Uint32Array } },
): Promise<readonly Verdict[]> {
  const own = new Set(encoded.events);
  const refused = [];
  for (let index = 0; index < events.count; index++) if (!own.has(index)) refused.push({ index, verdict: ELSEWHERE });
  try {
    return await sink.deliver({ events, encoded, refused }, signal);
  } catch (error) {
    if (!(error instanceof SinkUnavailableError)) throw error;
    if (error.cure === 'mend') {
      throw new CannotEvaluateError(error.message, {
        code: 'partition_refused',
        hint: 'mend what the server names, then respool backfill retry <run>',
        cause: error,
      });
    }
    // Whoever reports it names the sink.
    throw new IncompleteError(error.message.replace(`${sink.label}: `, ''), {
      code: 'target_unavailable',
      hint: waitHint(error),
      cause: error,
    });
  }
}

const TAKEN: Verdict = { kind: 'accepted' };
const ELSEWHERE = {
  kind: 'rejected',
  code: 'partition_unreachable',
  reason: 'it belongs into another partition',
} as const;

function count(counts: { accepted: number; duplicate: number; rejected: number }, verdict: Verdict | undefined): void {
  if (verdict?.kind === 'accepted' || verdict?.kind === 'duplicate' || verdict?.kind === 'rejected')
    counts[verdict.kind]++;
}

function refusedIn(events: Uint32Array, verdicts: readonly Verdict[]): number[] {
  const rows: number[] = [];
  for (const [row, event] of events.entries()) if (verdicts[event]?.kind === 'rejected') rows.push(row);
  return rows;
}

const isRefused = (verdict: Verdict) => verdict.kind === 'rejected' && verdict !== ELSEWHERE;
