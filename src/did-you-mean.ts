import { require } from './require.js';
/** The candidate that the user most likely meant, or undefined when nothing is close: at most a third may differ. */
export function closest(typed: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const candidate of candidates) {
    const found = mistakes(typed.toLowerCase(), candidate.toLowerCase());
    if (found < least) {
      best = candidate;
      least = found;
    }
  }
  return best;
}

/** `did you mean "x"?`, or undefined when nothing is close. */
export function didYouMean(typed: string, candidates: Iterable<string>): string | undefined {
  const meant = closest(typed, candidates);
  return meant === undefined ? undefined : `did you mean "${meant}"?`;
}

/** Letters in the wrong order are one mistake; among equals the one that begins alike wins. */
function mistakes(typed: string, candidate: string): number {
  const beginsAlike = typed[0] === candidate[0] ? 0 : 0.5;
  if (typed !== candidate && sorted(typed) === sorted(candidate)) return 1 + beginsAlike;
  return letters().distance(typed, candidate) + beginsAlike;
}

function sorted(text: string): string {
  return [...text].sort((a, b) => (a < b ? -1 : 1)).join('');
}

/** Loaded when somebody has mistyped something. */
function letters() {
  return require('fastest-levenshtein') as typeof import('fastest-levenshtein'); // `require` is untyped
}
