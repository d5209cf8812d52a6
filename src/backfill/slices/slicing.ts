import { type Accounts, accountsOf, addAccounts, emptyAccounts } from '../../flow/accounts.js';
import { createLineNumbers } from '../../flow/line-numbers.js';
import { type PreparedItem, prepareInOrder } from '../../flow/prepare/in-order.js';
import type { PreparePool } from '../../flow/prepare/pool.js';
import type { Quarantine } from '../../flow/quarantine.js';
import { problemOf, quarantineEntries } from '../../flow/quarantine-entries.js';
import { untilStopped } from '../../flow/until-stopped.js';
import type { EncodedRows, RowGroup } from '../../sinks/postgres/encode/encoded-rows.js';
import { type KeyShape, keyChecksum, keyShape } from '../../sinks/postgres/key-checksum.js';
import type { TablePlan } from '../../sinks/postgres/plan.js';
import type { Verdict } from '../../sinks/sink.js';
import type { PartFailure, Source } from '../../sources/source.js';
import { groupAlone } from './frame.js';
import { createPartitionList, type FoundPartition, type PartitionList } from './partition-list.js';
import type { Spill } from './spill.js';

/** What reading a source into slices needs. */
export interface Slicing {
  readonly source: Source;
  readonly pool: PreparePool;
  readonly table: TablePlan;
  readonly sinkLabel: string;
  readonly spill: Spill;
  readonly quarantine: Quarantine;
  readonly signal: AbortSignal;
  readonly onProgress?: (accounts: Accounts, storedBytes: number) => void;
}

/** A source that has been read to its end, once. */
export interface Sliced {
  readonly accounts: Accounts;
  readonly partitions: readonly SlicedPartition[];
  readonly failures: readonly PartFailure[];
  readonly storedBytes: number;
}

/** What the source has for one partition. */
export interface SlicedPartition extends FoundPartition {
  readonly read: number;
  readonly rejected: number;
  readonly rows: number;
  /** Rows that repeat the key of an earlier row of their batch. */
  readonly repeats: number;
  readonly bytes: number;
  readonly checksum: bigint | undefined;
}

/**
 * Reads a source once, in any order, and sorts its rows by partition into the spill. What cannot become a row goes to the
 * quarantine. Nothing is asked of the table's server.
 * @throws the signal's reason when the user stops: what was read is worth nothing then.
 */
export async function sliceSource(job: Slicing): Promise<Sliced> {
  const { source, pool, spill, signal } = job;
  const tally = new Tally(job.table);
  const failures: PartFailure[] = [];
  const stored = new Map<number, number>();
  const numberLines = createLineNumbers([]);
  let accounts = emptyAccounts([job.sinkLabel]);
  const batches = untilStopped(source.batches([], signal), signal);
  for await (const item of prepareInOrder({ batches, pool, room: () => undefined })) {
    if (item.kind === 'failure') {
      failures.push(item);
      continue;
    }
    const firstLine = numberLines(item);
    tally.add(item, spill);
    accounts = addAccounts(accounts, await settleRefused(job, item, firstLine));
    stored.set(item.raw.part, item.raw.storedBytes);
    job.onProgress?.(accounts, sum(stored.values()));
    await spill.room();
  }
  signal.throwIfAborted();
  await spill.end();
  await job.quarantine.sync();
  return { accounts, failures, storedBytes: sum(stored.values()), partitions: tally.partitions() };
}

/** Quarantines what is undecodable, invalid or refused by the encoder; the rest counts as not sent yet. */
async function settleRefused(job: Slicing, item: PreparedItem, firstLine: number): Promise<Accounts> {
  const { events, refused } = item.prepared;
  const each = new Array<Verdict>(events.count).fill(NOT_YET);
  for (const { index, verdict } of refused[0] ?? []) each[index] = verdict;
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

interface Sums {
  rows: number;
  repeats: number;
  rejected: number;
  bytes: number;
  checksum: bigint;
}

/** Adds up what the source has for each partition. */
class Tally {
  private readonly list: PartitionList;
  private readonly shape: KeyShape | undefined;
  private readonly sums: Sums[] = [];
  /** Instants of refused events, whose partition may be known only later. */
  private readonly refusedAt = new Map<number, number>();

  constructor(table: TablePlan) {
    this.list = createPartitionList(table);
    this.shape = keyShape(table);
  }

  add({ raw, prepared }: PreparedItem, spill: Spill): void {
    const encoded = prepared.encoded[0]?.data as EncodedRows; // made by the encoder of the only sink
    const { events } = prepared;
    for (const { index } of prepared.refused[0] ?? []) this.refuse(events.timesUs[index] ?? Number.NaN);
    if (encoded.groups.length === 0) return;
    const batchAt = spill.keep({ part: raw.part, events });
    for (const group of encoded.groups) this.addGroup(encoded, group, { spill, batchAt });
  }

  partitions(): readonly SlicedPartition[] {
    for (const [timeUs, count] of this.refusedAt) {
      const at = this.list.at(timeUs);
      if (at !== undefined) this.sumsOf(at.index).rejected += count;
    }
    return this.list.found
      .map((found): SlicedPartition => {
        const { rows, repeats, rejected, bytes, checksum } = this.sumsOf(found.index);
        const sum = this.shape === undefined ? undefined : BigInt.asUintN(64, checksum);
        return { ...found, read: rows + rejected, rejected, rows, repeats, bytes, checksum: sum };
      })
      .toSorted((a, b) => a.fromUs - b.fromUs);
  }

  private addGroup(
    encoded: EncodedRows,
    group: RowGroup,
    { spill, batchAt }: { readonly spill: Spill; readonly batchAt: number },
  ): void {
    const { index } = this.list.of(group.target);
    const alone = encoded.groups.length === 1 ? encoded : groupAlone(encoded, group);
    const sums = this.sumsOf(index);
    sums.rows += group.end - group.first;
    sums.repeats += group.end - group.firstRepeat;
    sums.bytes += alone.rows.length;
    if (this.shape !== undefined) sums.checksum += keyChecksum(alone, numbersBelow(alone.rowEnds.length), this.shape);
    spill.append(index, batchAt, alone);
  }

  private refuse(timeUs: number): void {
    const hour = Number.isNaN(timeUs) ? timeUs : Math.floor(timeUs / QUARTER_HOUR_US) * QUARTER_HOUR_US;
    this.refusedAt.set(hour, (this.refusedAt.get(hour) ?? 0) + 1);
  }

  private sumsOf(index: number): Sums {
    const known = this.sums[index];
    if (known !== undefined) return known;
    const sums = { rows: 0, repeats: 0, rejected: 0, bytes: 0, checksum: 0n };
    this.sums[index] = sums;
    return sums;
  }
}

/** No partition begins within a quarter of an hour, so refused events are counted by them. */
const QUARTER_HOUR_US = 900_000_000;

function* numbersBelow(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
