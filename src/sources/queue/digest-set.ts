import { hash } from 'node:crypto';

const WORDS = 4;

/** A set of texts in 16 bytes each: two texts are taken for one with a chance of 2^-127 a pair. */
export interface DigestSet {
  readonly size: number;
  has(text: string): boolean;
  /** False when the text was in the set already. */
  add(text: string): boolean;
}

/** Opens an empty set. Millions of texts fit into some dozens of megabytes. */
export function createDigestSet(): DigestSet {
  const digestOf = createDigest();
  let slots = new Uint32Array(WORDS * 1_024);
  let size = 0;
  const find = (table: Uint32Array, digest: Uint32Array): number => {
    const mask = table.length / WORDS - 1;
    for (let slot = mixed(digest) & mask; ; slot = (slot + 1) & mask) {
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

const LONGEST_PLAIN = WORDS * 4 - 1;
const PLAIN = 0x80;

/**
 * A short text of ASCII itself, or the first 16 bytes of the SHA-256; the last byte tells them apart and is never zero,
 * as that of an empty slot is. What it returns holds until it is called again.
 */
function createDigest(): (text: string) => Uint32Array {
  const words = new Uint32Array(WORDS);
  const bytes = new Uint8Array(words.buffer);
  return (text) => {
    words.fill(0);
    const isPlain = text.length <= LONGEST_PLAIN && writePlain(text, bytes);
    if (!isPlain) bytes.set(hash('sha256', text, 'buffer').subarray(0, WORDS * 4));
    const last = bytes[LONGEST_PLAIN] ?? 0;
    bytes[LONGEST_PLAIN] = isPlain ? PLAIN | text.length : last & ~PLAIN || 1;
    return words;
  };
}

function writePlain(text: string, bytes: Uint8Array): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return false;
    bytes[at] = code;
  }
  return true;
}

/** Numbers that follow one another are spread over all slots. */
function mixed(digest: Uint32Array): number {
  let mix = 0;
  for (let word = 0; word < WORDS; word++) {
    mix = Math.imul(mix ^ (digest[word] ?? 0), 0x9e3779b1);
    mix ^= mix >>> 15;
  }
  return mix >>> 0;
}

function isEmpty(table: Uint32Array, at: number): boolean {
  return table[at + WORDS - 1] === 0;
}

function equals(table: Uint32Array, at: number, digest: Uint32Array): boolean {
  for (let word = 0; word < WORDS; word++) if (table[at + word] !== digest[word]) return false;
  return true;
}
