import type { PreparedItem } from '../../flow/prepare/in-order.js';
import type { EncodedRows, RowGroup } from '../../sinks/postgres/encode/encoded-rows.js';
import { type KeyShape, keyChecksum, keyShape } from '../../sinks/postgres/key-checksum.js';
import type { TablePlan } from '../../sinks/postgres/plan.js';
import type { EncoderRefusal } from '../../sinks/sink.js';
import { groupAlone } from './frame.js';
import { createPartitionList, type FoundPartition, type PartitionList } from './partition-list.js';
import type { Spill } from './spill.js';

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

interface Sums {
  rows: number;
  repeats: number;
  rejected: number;
  bytes: number;
  checksum: bigint;
}

/** Adds up what the source has for each partition, and sorts its rows into slices. */
export class PartitionTally {
  private readonly list: PartitionList;
  private readonly shape: KeyShape | undefined;
  private readonly sums: Sums[] = [];
  /** Instants of refused events, whose partition may be known only later. */
  private readonly refusedAt = new Map<number, number>();

  constructor(table: TablePlan) {
    this.list = createPartitionList(table);
    this.shape = keyShape(table);
  }

  add({ raw, prepared }: PreparedItem, refused: readonly EncoderRefusal[], spill: Spill): void {
    const encoded = prepared.encoded[0]?.data as EncodedRows; // made by the encoder of the only sink
    const { events } = prepared;
    for (const { index } of refused) this.refuse(events.timesUs[index] ?? Number.NaN);
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
