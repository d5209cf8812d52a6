import { join } from 'node:path';
import { idOf, layersAt } from '../../event/batch.js';
import type { PreparedItem } from '../../flow/prepare/in-order.js';
import type { EncoderRefusal, Rejection } from '../../sinks/sink.js';
import type { Cut, SourceRead } from '../backfill-target.js';
import type { DayBackfill, PlannedUnit } from '../plan.js';
import { planFacts } from '../planning.js';
import type { Spill } from '../slices/spill.js';
import { hex } from '../verify.js';
import { dayFiles, dayFrame } from './day-frame.js';
import { createDayList, type Day } from './day-list.js';
import { compareIds, hashesOf } from './id-sets.js';

/** How a source is cut into days. */
export interface DayCutting {
  /** Where the slices lie. */
  readonly slices: string;
  readonly sink: DayBackfill['sink'];
  /** The name of an event on the far side, by its id. */
  readonly nameOf: (id: string) => string;
  /** Whether an earlier run has sent the event of an id; undefined where that is not known beforehand. */
  readonly isTaken: ((id: string) => boolean) | undefined;
  /** Whether identical events without an id are told apart by their order, which a slice does not keep by itself. */
  readonly countsIdentical: boolean;
  readonly notes: readonly string[];
}

/** Sorts events into the days of a zone. */
export function createDayCut(cutting: DayCutting): Cut {
  const tally = new DayTally(cutting);
  return {
    refuse: ({ prepared: { events, refused } }) => tally.refuse(events.timesUs, refused[0] ?? []),
    add: (item, refused, spill) => tally.add(item, refused, spill),
    async plan(read) {
      const { sink, notes } = cutting;
      const partitions = await tally.units();
      return {
        ...planFacts(read),
        method: 'deliver',
        sink,
        partitions,
        untouched: untouchedBy(read, sink.zone, partitions),
        notes,
        warnings: read.warnings,
      };
    },
  };
}

const WITHOUT_DAY: Rejection = {
  kind: 'rejected',
  code: 'no_day',
  reason: 'it has no usable time, so it belongs to no day: --time names the field',
};

interface Sums {
  readonly index: number;
  readonly day: Day;
  events: number;
  rejected: number;
  bytes: number;
}

class DayTally {
  private readonly days;
  private readonly sums = new Map<number, Sums>();

  constructor(private readonly cutting: DayCutting) {
    this.days = createDayList(cutting.sink.zone);
  }

  refuse(timesUs: Float64Array, refused: readonly EncoderRefusal[]): EncoderRefusal[] {
    const known = new Set(refused.map(({ index }) => index));
    const refusals: EncoderRefusal[] = [];
    for (const [index, timeUs] of timesUs.entries()) {
      if (known.has(index) || this.days.at(timeUs) !== undefined) continue;
      refusals.push({ index, verdict: WITHOUT_DAY });
    }
    return refusals;
  }

  add(
    { raw: { part }, prepared: { events, repairs } }: PreparedItem,
    refused: readonly EncoderRefusal[],
    spill: Spill,
  ): void {
    const without = new Set(refused.map(({ index }) => index));
    const repaired = new Set(repairs.flatMap((repair) => repair.events));
    const isDressed = (index: number) =>
      this.cutting.countsIdentical ||
      repaired.has(index) ||
      layersAt(events, index) !== undefined ||
      (events.attempts?.[index] ?? 0) > 0;
    const byDay = new Map<Sums, number[]>();
    for (let index = 0; index < events.count; index++) {
      const sums = this.sumsAt(events.timesUs[index] ?? Number.NaN);
      if (sums === undefined) continue;
      const chosen = byDay.get(sums);
      if (without.has(index)) sums.rejected++;
      else if (chosen === undefined) byDay.set(sums, [index]);
      else chosen.push(index);
    }
    for (const [sums, chosen] of byDay) {
      const frame = dayFrame({ part, events }, chosen, isDressed);
      sums.events += chosen.length;
      sums.bytes += frame.text.length;
      spill.put(dayFiles(sums.index).events, frame);
      const ids = chosen.map((index) => idOf(events, index));
      this.note(ids, sums, spill);
    }
  }

  async units(): Promise<readonly PlannedUnit[]> {
    const units: PlannedUnit[] = [];
    const pathOf = (file: string) => join(this.cutting.slices, file);
    for (const { index, day, events, rejected, bytes } of this.sums.values()) {
      const files = dayFiles(index);
      const all = await compareIds({ source: pathOf(files.ids) });
      const fresh = await compareIds({ source: pathOf(files.ids), refused: pathOf(files.taken) });
      units.push({
        index,
        ...day,
        read: events + rejected,
        rejected,
        rows: events,
        expectedDuplicates: events - fresh.expected.count,
        bytes,
        checksum: hex(all.expected.checksum),
      });
    }
    return units.toSorted((a, b) => a.fromUs - b.fromUs);
  }

  /** Writes down by which names the far side will know the events, and which of them it has from an earlier run. */
  private note(ids: readonly string[], { index }: Sums, spill: Spill): void {
    const { nameOf, isTaken } = this.cutting;
    const files = dayFiles(index);
    spill.bytes(files.ids, hashesOf(ids.map(nameOf)));
    const taken = isTaken === undefined ? [] : ids.filter(isTaken);
    if (taken.length > 0) spill.bytes(files.taken, hashesOf(taken.map(nameOf)));
  }

  private sumsAt(timeUs: number): Sums | undefined {
    const day = this.days.at(timeUs);
    if (day === undefined) return undefined;
    const known = this.sums.get(day.fromUs);
    if (known !== undefined) return known;
    const sums = { index: this.sums.size, day, events: 0, rejected: 0, bytes: 0 };
    this.sums.set(day.fromUs, sums);
    return sums;
  }
}

/** Days in the range for which the source has nothing. */
function untouchedBy({ sinceUs, untilUs }: SourceRead, zone: string, units: readonly PlannedUnit[]): readonly string[] {
  if (sinceUs === undefined || untilUs === undefined) return [];
  const found = new Set(units.map(({ name }) => name));
  const days = createDayList(zone).between(sinceUs, untilUs);
  return days.map(({ name }) => name).filter((name) => !found.has(name));
}
