import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hashId } from '../../event/id-hash.js';

/** Files of 64-bit hashes, low word first; a file that is missing is empty. */
export interface IdFiles {
  /** What the source has. */
  readonly source: string;
  /** What was refused of it. */
  readonly refused?: string;
  /** What the far side holds, of this source or of others. */
  readonly found?: string;
}

/** Distinct ids, however often and in whatever order they came. */
export interface IdSum {
  readonly count: number;
  /** Sum of the hashes modulo 2^64. */
  readonly checksum: bigint;
}

export interface IdComparison {
  /** Ids of the source without the refused ones. */
  readonly expected: IdSum;
  /** Those of them that the far side holds. */
  readonly found: IdSum;
}

/** Names as the files hold them. */
export function hashesOf(names: readonly string[]): Uint8Array {
  const hashes = new Uint32Array(2 * names.length);
  for (const [at, name] of names.entries()) {
    const bytes = Buffer.from(name);
    hashId(bytes, 0, bytes.length, hashes, 2 * at);
  }
  return new Uint8Array(hashes.buffer);
}

/** Hashes of one file that are held in memory at once: 32 MB. */
const AT_ONCE = 4 << 20;

/**
 * Compares sets of ids in bounded memory: files that are larger than what may be held are read several times, each time for
 * another range of hashes.
 */
export async function compareIds({ source, refused, found }: IdFiles, atOnce = AT_ONCE): Promise<IdComparison> {
  const files = [source, refused, found].filter((path) => path !== undefined);
  const sizes = await Promise.all(files.map(async (path) => (await stat(path).catch(() => ({ size: 0 }))).size));
  const passes = Math.max(1, Math.ceil(Math.max(...sizes) / 8 / atOnce));
  let comparison: IdComparison = { expected: NONE, found: NONE };
  for (let pass = 0; pass < passes; pass++) {
    const range = { pass, passes };
    const [wanted, without, there] = [
      await hashesIn(source, range),
      await hashesIn(refused, range),
      await hashesIn(found, range),
    ];
    comparison = addComparisons(comparison, compareSorted(wanted, without, there));
  }
  return comparison;
}

const NONE: IdSum = { count: 0, checksum: 0n };

interface Range {
  readonly pass: number;
  readonly passes: number;
}

/** The hashes of a file within a range, sorted. */
async function hashesIn(path: string | undefined, { pass, passes }: Range): Promise<BigUint64Array> {
  const kept: Uint32Array[] = [];
  if (path === undefined || (await stat(path).catch(() => undefined)) === undefined) return new BigUint64Array(0);
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]); // no encoding is set
    const whole = bytes.length - (bytes.length % 8);
    const words = new Uint32Array(new Uint8Array(bytes.subarray(0, whole)).buffer);
    kept.push(passes === 1 ? words : wordsIn(words, { pass, passes }));
    rest = Buffer.from(bytes.subarray(whole));
  }
  const length = kept.reduce((sum, words) => sum + words.length, 0);
  const all = new Uint32Array(length);
  let at = 0;
  for (const words of kept) {
    all.set(words, at);
    at += words.length;
  }
  return new BigUint64Array(all.buffer).sort();
}

function wordsIn(words: Uint32Array, { pass, passes }: Range): Uint32Array {
  const kept = new Uint32Array(words.length);
  let length = 0;
  for (let at = 0; at < words.length; at += 2) {
    const high = words[at + 1] ?? 0;
    if (Math.floor((high / 2 ** 32) * passes) !== pass) continue;
    kept[length++] = words[at] ?? 0;
    kept[length++] = high;
  }
  return kept.slice(0, length);
}

function compareSorted(wanted: BigUint64Array, without: BigUint64Array, there: BigUint64Array): IdComparison {
  let [expectedCount, expectedSum, foundCount, foundSum] = [0, 0n, 0, 0n];
  const isWithout = seeker(without);
  const isThere = seeker(there);
  let last: bigint | undefined;
  for (const hash of wanted) {
    if (hash === last) continue;
    last = hash;
    if (isWithout(hash)) continue;
    expectedCount++;
    expectedSum += hash;
    if (!isThere(hash)) continue;
    foundCount++;
    foundSum += hash;
  }
  return {
    expected: { count: expectedCount, checksum: BigInt.asUintN(64, expectedSum) },
    found: { count: foundCount, checksum: BigInt.asUintN(64, foundSum) },
  };
}

/** Tells whether a sorted list has a hash; they must be asked for in their order. */
function seeker(sorted: BigUint64Array): (hash: bigint) => boolean {
  let at = 0;
  return (hash) => {
    while (at < sorted.length && (sorted[at] as bigint) < hash) at++; // within bounds
    return sorted[at] === hash;
  };
}

function addComparisons(a: IdComparison, b: IdComparison): IdComparison {
  return { expected: addSums(a.expected, b.expected), found: addSums(a.found, b.found) };
}

function addSums(a: IdSum, b: IdSum): IdSum {
  return { count: a.count + b.count, checksum: BigInt.asUintN(64, a.checksum + b.checksum) };
}
