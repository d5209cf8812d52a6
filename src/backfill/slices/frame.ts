import type { EventBatch } from '../../event/batch.js';
import type { EncodedRows, KeyColumn, RowGroup } from '../../sinks/postgres/encode/encoded-rows.js';

/** The rows that one batch of the source has for one partition, without the rows' own bytes. */
export interface Frame {
  /** Where the batch's events stand among the events of the run. */
  readonly batchAt: number;
  /** Bytes of the rows, and where they begin among the rows of the partition. */
  readonly rowsAt: number;
  readonly rowsBytes: number;
  /** All of the encoded rows but their bytes; one group. */
  readonly encoded: Omit<EncodedRows, 'rows'>;
}

/** A batch as it is kept for the case that one of its events is refused later. */
export interface KeptBatch {
  readonly part: number;
  readonly events: EventBatch;
}

/** Takes one group out of encoded rows, as if it had been encoded alone. */
export function groupAlone(encoded: EncodedRows, group: RowGroup): EncodedRows {
  const { first, end } = group;
  const from = startOf(encoded.rowEnds, first);
  const to = startOf(encoded.rowEnds, end);
  return {
    rows: encoded.rows.subarray(from, to),
    rowEnds: rebased(encoded.rowEnds, group),
    events: encoded.events.slice(first, end),
    keys: encoded.keys.map((key) => keyAlone(key, group)),
    groups: [{ ...group, first: 0, firstRepeat: group.firstRepeat - first, end: end - first, repeated: moved(group) }],
    otherTimes: 0,
  };
}

function keyAlone({ bytes, ends }: KeyColumn, group: RowGroup): KeyColumn {
  const { first, end } = group;
  return { bytes: bytes.slice(startOf(ends, first), startOf(ends, end)), ends: rebased(ends, group) };
}

function rebased(ends: Uint32Array, { first, end }: RowGroup): Uint32Array {
  const base = startOf(ends, first);
  const own = ends.slice(first, end);
  if (base > 0) for (let i = 0; i < own.length; i++) own[i] = (own[i] as number) - base; // within bounds
  return own;
}

function moved({ repeated, first }: RowGroup): Uint32Array {
  return repeated.map((row) => row - first);
}

function startOf(ends: Uint32Array, row: number): number {
  return row === 0 ? 0 : (ends[row - 1] ?? 0);
}
