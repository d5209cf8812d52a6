import type { Rejection } from '../../sink.js';
import { type Period, periodsOf } from '../partition-scheme.js';
import type { RowTarget } from './encoded-rows.js';
import type { PartitionRouting } from './options.js';
import { at, shown } from './refusal.js';

/** Rows of one target that leave the same columns to their defaults. */
export interface OpenGroup {
  readonly target: RowTarget;
  readonly omitted: number;
  /** Numbers of its rows, in the order of arrival. */
  readonly rows: number[];
}

/** 0001-01-01: `Date.UTC` takes years below 100 for those of the last century. */
const EARLIEST_US = -62_135_596_800_000_000;
const END_US = Date.UTC(10_000, 0, 1) * 1000;

/** Finds the group that a row belongs to. */
export class RowGroups {
  private groups: OpenGroup[] = [];
  private byTarget = new Map<string, OpenGroup>();
  private last: OpenGroup | undefined;
  private lastFrom = Number.NaN;
  private lastTo = Number.NaN;
  private readonly periodAt: ((timeUs: number) => Period) | undefined;

  constructor(
    private readonly routing: PartitionRouting | undefined,
    private readonly pointer: string,
  ) {
    this.periodAt = routing?.scheme && periodsOf(routing.scheme);
  }

  /** The group of a row whose partition key is `timeUs`, or why it can have none. */
  groupOf(timeUs: number, omitted: number): OpenGroup | Rejection {
    const { last } = this;
    if (last !== undefined && last.omitted === omitted && timeUs >= this.lastFrom && timeUs < this.lastTo) return last;
    if (this.routing === undefined) return this.open({ kind: 'table' }, omitted, ALWAYS);
    return this.route(this.routing, timeUs, omitted);
  }

  /**
   * Hands the groups over and starts anew. They come in the order of time, not of arrival: writers that lock the same
   * rows in the same order wait for each other instead of ending in a deadlock.
   */
  take(): readonly OpenGroup[] {
    const { groups } = this;
    this.groups = [];
    this.byTarget = new Map();
    this.last = undefined;
    return groups.sort((a, b) => this.instantOf(a.target) - this.instantOf(b.target) || a.omitted - b.omitted);
  }

  private instantOf(target: RowTarget): number {
    if (target.kind === 'table') return 0;
    return target.kind === 'missing' ? target.atUs : (this.routing?.from[target.index] ?? 0);
  }

  private route(routing: PartitionRouting, timeUs: number, omitted: number): OpenGroup | Rejection {
    const index = lastAtOrBefore(routing.from, timeUs);
    const toUs = routing.to[index] ?? Number.NEGATIVE_INFINITY;
    if (index >= 0 && timeUs < toUs) {
      return this.open({ kind: 'partition', index }, omitted, { fromUs: routing.from[index] ?? 0, toUs });
    }
    if (routing.hasDefault) return this.open({ kind: 'table' }, omitted, { fromUs: timeUs, toUs: timeUs });
    return this.routeToMissing(routing, { timeUs, index, omitted });
  }

  private routeToMissing(
    routing: PartitionRouting,
    { timeUs, index, omitted }: { readonly timeUs: number; readonly index: number; readonly omitted: number },
  ): OpenGroup | Rejection {
    const { periodAt } = this;
    const { within } = routing;
    if (periodAt === undefined || timeUs < EARLIEST_US || timeUs >= END_US) return this.unreachable(timeUs);
    if (within !== undefined && (timeUs < within.fromUs || timeUs >= within.toUs)) return this.notAllowed(timeUs);
    const period = periodAt(timeUs);
    const fromUs = Math.max(period.fromUs, routing.to[index] ?? Number.NEGATIVE_INFINITY);
    const toUs = Math.min(period.toUs, routing.from[index + 1] ?? Number.POSITIVE_INFINITY);
    return this.open({ kind: 'missing', atUs: fromUs }, omitted, { fromUs, toUs });
  }

  private open(
    target: RowTarget,
    omitted: number,
    span: { readonly fromUs: number; readonly toUs: number },
  ): OpenGroup {
    const key = `${omitted} ${target.kind} ${target.kind === 'missing' ? target.atUs : target.kind === 'partition' ? target.index : ''}`;
    let group = this.byTarget.get(key);
    if (group === undefined) {
      group = { target, omitted, rows: [] };
      this.byTarget.set(key, group);
      this.groups.push(group);
    }
    this.last = group;
    this.lastFrom = span.fromUs;
    this.lastTo = span.toUs;
    return group;
  }

  private unreachable(timeUs: number): Rejection {
    return at(this.pointer, {
      kind: 'rejected',
      code: 'partition_unreachable',
      reason: `${this.pointer} is ${instant(timeUs)}: no partition holds it, and none can be made for it`,
    });
  }

  private notAllowed(timeUs: number): Rejection {
    return at(this.pointer, {
      kind: 'rejected',
      code: 'partition_not_allowed',
      reason: `${this.pointer} is ${instant(timeUs)}: no partition holds it, and none may be made outside the allowed range`,
    });
  }
}

const ALWAYS = { fromUs: Number.NEGATIVE_INFINITY, toUs: Number.POSITIVE_INFINITY };

function instant(timeUs: number): string {
  const date = new Date(timeUs / 1000);
  return Number.isNaN(date.getTime()) ? shown(timeUs) : date.toISOString();
}

/** Index of the last bound that is not behind `value`; -1 when all are. */
function lastAtOrBefore(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
