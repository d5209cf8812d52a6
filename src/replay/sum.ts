import { type Accounts, addAccounts, emptyAccounts } from '../flow/accounts.js';
import type { SourceSlice } from '../sources/source.js';
import type { SliceProgress } from './slices.js';

/** How many lines of a part lie in front of a slice, so that places are those of the whole source. */
export type LinesBefore = (slice: number, part: string) => number;

/** A run whose slices are known. */
export interface Sliced {
  readonly slices: readonly SourceSlice[];
  readonly progress: ReadonlyMap<number, SliceProgress>;
  readonly sinkLabels: readonly string[];
}

/** The accounts of all slices, as one run over the whole source would have them. */
export function sumOf({ slices, progress, sinkLabels }: Sliced): Accounts {
  const linesBefore = linesBeforeOf({ slices, progress });
  let sum = emptyAccounts(sinkLabels);
  for (const [at] of slices.entries()) {
    const accounts = progress.get(at)?.position?.accounts;
    if (accounts !== undefined) sum = addAccounts(sum, relabelled(placed(accounts, at, linesBefore), sinkLabels));
  }
  return sum;
}

function relabelled(accounts: Accounts, labels: readonly string[]): Accounts {
  return { ...accounts, sinks: accounts.sinks.map((sink, at) => ({ ...sink, label: labels[at] ?? sink.label })) };
}

/** Places of examples become those of the whole part. */
function placed(accounts: Accounts, slice: number, linesBefore: LinesBefore): Accounts {
  const problems = accounts.problems.map((problem) => {
    const [, part = '', line = ''] = /^(.*):(\d+)$/su.exec(problem.example) ?? [];
    return line === '' ? problem : { ...problem, example: `${part}:${Number(line) + linesBefore(slice, part)}` };
  });
  return { ...accounts, problems };
}

/** Lines of each part in front of each slice, as far as the slices before have counted theirs. */
export function linesBeforeOf({ slices, progress }: Pick<Sliced, 'slices' | 'progress'>): LinesBefore {
  const before = new Map<string, number>();
  const counted = new Map<string, number>();
  for (const [at, { parts }] of slices.entries()) {
    for (const [part, { label, stretch }] of parts.entries()) {
      if (stretch === undefined) continue;
      const known = counted.get(label) ?? 0;
      before.set(`${at} ${label}`, known);
      counted.set(label, known + linesOf(progress.get(at), part));
    }
  }
  return (slice, part) => before.get(`${slice} ${part}`) ?? 0;
}

function linesOf(progress: SliceProgress | undefined, part: number): number {
  const done = progress?.position?.done ?? [];
  return done.reduce((sum, stretch) => (stretch.part === part ? sum + stretch.lines : sum), 0);
}
