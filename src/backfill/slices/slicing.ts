import { type Accounts, accountsOf, addAccounts, emptyAccounts } from '../../flow/accounts.js';
import { createLineNumbers } from '../../flow/line-numbers.js';
import { type PreparedItem, prepareInOrder } from '../../flow/prepare/in-order.js';
import type { PreparePool } from '../../flow/prepare/pool.js';
import type { PreparedBatch } from '../../flow/prepare/spec.js';
import type { Quarantine } from '../../flow/quarantine.js';
import { problemOf, quarantineEntries } from '../../flow/quarantine-entries.js';
import { untilStopped } from '../../flow/until-stopped.js';
import type { EncoderRefusal, Verdict } from '../../sinks/sink.js';
import type { PartFailure, Source } from '../../sources/source.js';
import type { Cut } from '../backfill-target.js';
import type { Spill } from './spill.js';

/** What reading a source into slices needs. */
export interface Slicing {
  readonly source: Source;
  readonly pool: PreparePool;
  readonly cut: Cut;
  readonly sinkLabel: string;
  readonly spill: Spill;
  readonly quarantine: Quarantine;
  readonly signal: AbortSignal;
  readonly onProgress?: (accounts: Accounts, storedBytes: number) => void;
}

/** A source that has been read to its end, once. */
export interface Sliced {
  readonly accounts: Accounts;
  readonly failures: readonly PartFailure[];
  readonly storedBytes: number;
}

/**
 * Reads a source once, in any order, and sorts its events by their units into the spill. What no unit can take goes to the
 * quarantine. Nothing is asked of the target.
 * @throws the signal's reason when the user stops: what was read is worth nothing then.
 */
export async function sliceSource(job: Slicing): Promise<Sliced> {
  const { source, pool, cut, spill, signal } = job;
  const failures: PartFailure[] = [];
  const stored = new Map<number, number>();
  const numberLines = createLineNumbers([]);
  const leaving = createLeaving(job);
  let accounts = emptyAccounts([job.sinkLabel]);
  const batches = untilStopped(source.batches([], signal), signal);
  for await (const item of prepareInOrder({ batches, pool, room: () => undefined })) {
    if (item.kind === 'failure') {
      failures.push(item);
      continue;
    }
    const firstLine = numberLines(item);
    const refused = [...(item.prepared.refused[0] ?? []), ...(cut.refuse?.(item) ?? [])];
    cut.add(item, refused, spill);
    accounts = addAccounts(accounts, await settleRefused(job, item, { firstLine, refused }));
    stored.set(item.raw.part, item.raw.storedBytes);
    job.onProgress?.(accounts, sum(stored.values()));
    leaving.add(item.prepared);
    await spill.room();
    leaving.release();
  }
  signal.throwIfAborted();
  await spill.end();
  await job.quarantine.sync();
  return { accounts, failures, storedBytes: sum(stored.values()) };
}

/** Gives back the memory of batches once all that was made of them has been written. */
function createLeaving({ cut, pool, spill }: Slicing) {
  const batches: { readonly batch: PreparedBatch; readonly until: number }[] = [];
  const canRelease = cut.keepsNothing === true && pool.release !== undefined;
  return {
    add(batch: PreparedBatch): void {
      if (canRelease) batches.push({ batch, until: spill.added });
    },
    release(): void {
      const { written } = spill;
      for (let [first] = batches; first !== undefined && first.until <= written; [first] = batches) {
        batches.shift();
        pool.release?.(first.batch);
      }
    },
  };
}

/** Quarantines what is undecodable, invalid or refused; the rest counts as not sent yet. */
async function settleRefused(
  job: Slicing,
  item: PreparedItem,
  { firstLine, refused }: { readonly firstLine: number; readonly refused: readonly EncoderRefusal[] },
): Promise<Accounts> {
  const each = new Array<Verdict>(item.prepared.events.count).fill(NOT_YET);
  for (const { index, verdict } of refused) each[index] = verdict;
  const verdicts = new Map([[job.sinkLabel, each]]);
  const entries = quarantineEntries({ item, firstLine, verdicts });
  const part = job.source.parts[item.raw.part]?.label ?? '';
  await job.quarantine.append(part, entries);
  return accountsOf(item, verdicts, {
    repeated: 0,
    quarantined: entries.length,
    problems: entries.map((entry) => problemOf(entry, part)),
  });
}

const NOT_YET: Verdict = { kind: 'unsent', reason: 'planned' };

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
