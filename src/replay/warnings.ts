/** A sentence that begins with how often something was met: `at least 3 times …`, `1,204 × …`. */
const COUNTED = /^(at least )?(\d[\d,]*)( ×| times?)/u;

/** What sinks that stay open from slice to slice have found out since this was asked last: their counts go on, those of a slice begin anew. */
export function sinceAskedLast(find: () => readonly string[]): () => readonly string[] {
  let told: readonly string[] = [];
  return () => {
    const before = told;
    told = find();
    return foundSince(before, told);
  };
}

function foundSince(before: readonly string[], now: readonly string[]): readonly string[] {
  const known = countsOf(before);
  return now.flatMap((sentence) => {
    const { kind, count } = parse(sentence);
    if (count === undefined) return [sentence];
    const fresh = count - (known.get(kind) ?? 0);
    return fresh > 0 ? [withCount(sentence, fresh)] : [];
  });
}

/** What the sinks of all slices have found out, each once, with the sum of its counts. */
export function summed(all: readonly string[]): readonly string[] {
  const sums = countsOf(all);
  const told = new Map<string, string>();
  for (const sentence of all) {
    const { kind } = parse(sentence);
    const sum = sums.get(kind);
    if (!told.has(kind)) told.set(kind, sum === undefined ? sentence : withCount(sentence, sum));
  }
  return [...told.values()];
}

function countsOf(sentences: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { kind, count } of sentences.map(parse)) {
    if (count !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  return counts;
}

/** What is counted, and how often; a sentence that counts nothing is its own kind. */
function parse(sentence: string): { readonly kind: string; readonly count: number | undefined } {
  const digits = COUNTED.exec(sentence)?.[2];
  if (digits === undefined) return { kind: sentence, count: undefined };
  return { kind: sentence.replace(COUNTED, '$1#$3'), count: Number(digits.replaceAll(',', '')) };
}

function withCount(sentence: string, count: number): string {
  return sentence.replace(
    COUNTED,
    (_, before: string | undefined, _digits, behind: string) => `${before ?? ''}${count.toLocaleString('en')}${behind}`,
  );
}
