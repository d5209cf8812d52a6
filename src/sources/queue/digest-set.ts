import { hash } from 'node:crypto';

const WORDS = 4;

/** A set of texts in 16 bytes each: two texts are taken for one with a chance of 2^-128 a pair. */
export interface DigestSet {
  readonly size: number;
  has(text: string): boolean;
  /** False when the text was in the set already. */
  add(text: string): boolean;
}

/** Opens an empty set. Millions of texts fit into some dozens of megabytes. */
export function createDigestSet(): DigestSet {
  let slots = new Uint32Array(WORDS * 1_024);
  let size = 0;
  const find = (table: Uint32Array, digest: Uint32Array): number => {
    const mask = table.length / WORDS - 1;
    for (let slot = (digest[0] ?? 0) & mask; ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (isEmpty(table, at) || equals(table, at, digest)) return at;
    }
  };
  const grow = () => {
    const wider = new Uint32Array(slots.length * 2);
    for (let at = 0; at < slots.length; at += WORDS) {
      if (isEmpty(slots, at)) continue;
      const digest = slots.subarray(at, at + WORDS);
      wider.set(digest, find(wider, digest));
    }
    slots = wider;
  };
  return {
    get size() {
      return size;
    },
    has: (text) => size > 0 && !isEmpty(slots, find(slots, digestOf(text))),
    add(text) {
      const digest = digestOf(text);
      const at = find(slots, digest);
      if (!isEmpty(slots, at)) return false;
      slots.set(digest, at);
      size++;
      if (size * WORDS * 2 > slots.length) grow();
      return true;
    },
  };
}

/** The first 16 bytes of the SHA-256; the last word is never zero, which marks empty slots. */
function digestOf(text: string): Uint32Array {
  const bytes = hash('sha256', text, 'buffer');
  const digest = new Uint32Array(WORDS);
  for (let word = 0; word < WORDS; word++) digest[word] = bytes.readUInt32LE(word * 4);
  digest[WORDS - 1] = (digest[WORDS - 1] ?? 0) || 1;
  return digest;
}

function isEmpty(table: Uint32Array, at: number): boolean {
  return table[at + WORDS - 1] === 0;
}

function equals(table: Uint32Array, at: number, digest: Uint32Array): boolean {
  for (let word = 0; word < WORDS; word++) if (table[at + word] !== digest[word]) return false;
  return true;
}
