import type { Cut, Following, Splitter } from './splitter.js';

const LF = 10;
const CR = 13;

/** Cuts behind the last line end: LF, CRLF and lone CR. Lines are found later, off the main thread. */
export function ndjsonSplitter(batchRecords: number): Splitter {
  return {
    format: { kind: 'ndjson' },
    aim: (bytes) => bytesOfLines(bytes, batchRecords),
    split: (bytes, following) => cutAtLastLine(bytes, following),
    jump() {},
  };
}

/** Estimates from the first lines how many bytes `count` lines have. */
export function bytesOfLines(bytes: Uint8Array, count: number): number {
  const sample = bytes.subarray(0, 64 * 1024);
  let lines = 0;
  let end = 0;
  for (let at = sample.indexOf(LF); at >= 0; at = sample.indexOf(LF, end)) {
    lines += 1;
    end = at + 1;
  }
  return lines === 0 ? Number.POSITIVE_INFINITY : Math.ceil((end / lines) * count);
}

/** All lines that end in `bytes`, or everything when nothing follows. */
export function cutAtLastLine(bytes: Uint8Array, following: Following): Cut | undefined {
  const end = following === 'open' ? lastLineEnd(bytes) : bytes.length;
  return end > 0 ? { end, problems: [] } : undefined;
}

/** Position behind the last line end, 0 without one. A CR at the very end is left out: an LF may follow. */
function lastLineEnd(bytes: Uint8Array): number {
  const lf = bytes.lastIndexOf(LF);
  const cr = bytes.subarray(lf + 1, -1).lastIndexOf(CR);
  return cr < 0 ? lf + 1 : lf + 1 + cr + 1;
}
