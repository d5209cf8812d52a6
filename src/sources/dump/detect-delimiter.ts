const candidates = [',', '\t', ';', '|'] as const;

/** The delimiter that splits the most lines like the first one; undefined when no line is split by any. */
export function detectDelimiter(lines: readonly string[]): string | undefined {
  const sample = lines.slice(0, 50).map(withoutQuoted);
  let best: { delimiter: string; score: number } | undefined;
  for (const delimiter of candidates) {
    const width = occurrences(sample[0] ?? '', delimiter);
    if (width === 0) continue;
    const alike = sample.filter((line) => occurrences(line, delimiter) === width).length;
    const score = alike / sample.length + width / 1000;
    if (best === undefined || score > best.score) best = { delimiter, score };
  }
  return best?.delimiter;
}

function withoutQuoted(line: string): string {
  return line.replaceAll(/"(?:[^"]|"")*"/gu, '');
}

function occurrences(line: string, delimiter: string): number {
  return line.split(delimiter).length - 1;
}
