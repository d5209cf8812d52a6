import { standsAt } from '../../schema/accept/bytes.js';

const MOST_NAMES = 1_000;

interface Known {
  readonly bytes: Uint8Array;
  readonly name: string;
}

/** Names that come again and again are decoded once. */
export class KnownNames {
  private readonly names = new Map<number, Known>();

  /** The name whose UTF-8 is `text[start, end)`, which is not empty; undefined when it is not known. */
  find(text: Uint8Array, start: number, end: number): string | undefined {
    const seen = this.names.get(signatureOf(text, start, end));
    const isSeen = seen !== undefined && seen.bytes.length === end - start;
    return isSeen && standsAt(text, start, seen.bytes) ? seen.name : undefined;
  }

  /** Takes note of the name that stands there. */
  keep(text: Uint8Array, start: number, end: number, name: string): void {
    if (this.names.size < MOST_NAMES) this.names.set(signatureOf(text, start, end), { bytes: Buffer.from(name), name });
  }
}

function signatureOf(text: Uint8Array, start: number, end: number): number {
  return ((end - start) << 16) | ((text[start] ?? 0) << 8) | (text[end - 1] ?? 0);
}
