import type { DoneStretch } from '../../sources/source.js';

/** The stretches of a source that are settled: whatever is in one of them is never read again. */
export interface Stretches {
  add(stretch: DoneStretch): void;
  /** Sorted by part and position, neighbours merged. */
  list(): readonly DoneStretch[];
  /** Lines or rows of a part that are settled in front of a position. */
  linesBefore(part: number, position: number): number;
  /** Whether all of `[from, to)` of a part is settled. */
  covers(part: number, from: number, to: number): boolean;
}

/** Opens the set with what an earlier invocation has settled. */
export function createStretches(initial: readonly DoneStretch[] = []): Stretches {
  const byPart = new Map<number, DoneStretch[]>();
  const stretches: Stretches = {
    add(stretch) {
      const list = byPart.get(stretch.part) ?? [];
      byPart.set(stretch.part, list);
      insertMerged(list, stretch);
    },
    list: () => [...byPart].sort(([a], [b]) => a - b).flatMap(([, list]) => list),
    linesBefore: (part, position) =>
      (byPart.get(part) ?? []).reduce((lines, done) => (done.to <= position ? lines + done.lines : lines), 0),
    covers: (part, from, to) => (byPart.get(part) ?? []).some((done) => done.from <= from && to <= done.to),
  };
  for (const stretch of initial) stretches.add(stretch);
  return stretches;
}

function insertMerged(list: DoneStretch[], stretch: DoneStretch): void {
  let at = list.findIndex((other) => other.from > stretch.from);
  if (at < 0) at = list.length;
  list.splice(at, 0, stretch);
  mergeAt(list, at);
  if (at > 0) mergeAt(list, at - 1);
}

function mergeAt(list: DoneStretch[], at: number): void {
  const [left, right] = [list[at], list[at + 1]];
  if (left === undefined || right === undefined || left.to !== right.from) return;
  list.splice(at, 2, { ...left, to: right.to, lines: left.lines + right.lines });
}
