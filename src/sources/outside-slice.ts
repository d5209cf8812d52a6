import type { DoneStretch, SourceSlice } from './source.js';

/** What of its parts is not in a slice: who reads the slice takes it for done. */
export function outsideOf({ parts }: SourceSlice): readonly DoneStretch[] {
  return parts.flatMap(({ stretch }, part) => {
    if (stretch === undefined) return [];
    const before = { part, from: 0, to: stretch.from, lines: 0 };
    const behind = { part, from: stretch.to, to: Number.MAX_SAFE_INTEGER, lines: 0 };
    return [before, behind].filter(({ from, to }) => to > from);
  });
}
