/** A partition of a table that is cut by time: from the first instant to the one behind its last. */
export interface PartitionRange {
  readonly fromUs: number;
  readonly toUs: number;
}

/** What a table has for an event's time: a partition, none, or nothing because the event has no usable time. */
export type PartitionPlace = 'there' | 'missing' | 'timeless';

/** Finds the place of an instant; ranges stand in order. */
export function placeAmong(ranges: readonly PartitionRange[], timeUs: number): PartitionPlace {
  if (Number.isNaN(timeUs)) return 'timeless';
  return ranges.some(({ fromUs, toUs }) => fromUs <= timeUs && timeUs < toUs) ? 'there' : 'missing';
}

/** The day of an instant in UTC, `2024-01-31`; empty when there is no instant. */
export function dayOf(timeUs: number): string {
  return Number.isNaN(timeUs) ? '' : new Date(Math.floor(timeUs / 1_000)).toISOString().slice(0, 10);
}
