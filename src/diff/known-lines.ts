import type { KeyedHash } from './keyed-hash.js';

/**
 * What has become of the lines of the side that was read first, in memory that threads share: a line that comes again on
 * the other side, byte for byte, becomes the same row and need not be parsed.
 */
export interface KnownLines {
  /** For `openKnownLines` in another thread. */
  readonly memory: SharedArrayBuffer;
  /**
   * Notes the row of a line, until there is no more room.
   * @param words of the row, then the hash of the line, from `from` on; a hash of zeros stands for none.
   */
  add(words: Uint32Array, from: number, facts: { readonly timeUs: number; readonly name: number }): void;
  /** All lines of the first side have been noted: from now on they can be found. */
  tell(names: readonly string[]): void;
}

/** Finds lines in memory that another thread has filled. */
export interface LineFinder {
  /** Whether all lines of the first side have been noted. */
  isTold(): boolean;
  /** The entry of a line, or -1. */
  find(line: KeyedHash): number;
  /** Copies the words of a row. */
  copyRow(entry: number, out: Uint32Array, at: number): void;
  timeUs(entry: number): number;
  name(entry: number): string;
}

/** Words of a row: key and content. */
const ROW_WORDS = 8;
/** Words of an entry: the line's hash, the row, its time, and the number of its name. */
const ENTRY = 16;
const ROW = 4;
const TIME = 12;
const NAME = 14;
const HEADER_WORDS = 16;
const NAME_BYTES = 1 << 18;
const FIRST_SLOT = HEADER_WORDS + NAME_BYTES / 4;
/** With an entry for three slots of four, 104 MB. */
const MOST_SLOTS = 1 << 21;
const LEAST_SLOTS = 1 << 10;
/** Shorter lines are rare, and bytes may be compressed. */
const LINE_BYTES = 64;

/** Opens memory for the lines of so many bytes of input; for as many as it may ever hold when that is not known. */
export function createKnownLines(bytes: number): KnownLines {
  let slots = LEAST_SLOTS;
  while (slots < MOST_SLOTS && !(slots * LINE_BYTES >= bytes)) slots *= 2;
  const most = entriesOf(slots);
  // Pages that nothing is written to take no memory: entries stand behind one another, and only their slots are spread.
  const memory = new SharedArrayBuffer((FIRST_SLOT + slots + most * ENTRY) * 4);
  const words = new Uint32Array(memory);
  const doubles = new Float64Array(memory);
  let count = 0;
  return {
    memory,
    add(row, from, { timeUs, name }) {
      const line = from + ROW_WORDS;
      const isNone = row[line] === 0 && row[line + 1] === 0;
      if (count === most || isNone) return;
      let slot = (row[line] as number) & (slots - 1); // the encoder wrote four words
      for (let held = words[FIRST_SLOT + slot] as number; held > 0; held = words[FIRST_SLOT + slot] as number) {
        if (isSame(words, entryAt(slots, held), row, line)) return;
        slot = (slot + 1) & (slots - 1);
      }
      words[FIRST_SLOT + slot] = ++count;
      const at = entryAt(slots, count);
      for (let i = 0; i < 4; i++) words[at + i] = row[line + i] as number; // as above
      for (let i = 0; i < ROW_WORDS; i++) words[at + ROW + i] = row[from + i] as number; // as above
      doubles[(at + TIME) / 2] = timeUs;
      words[at + NAME] = name;
    },
    tell(names) {
      const fitting = [...names];
      let text = Buffer.from(JSON.stringify(fitting));
      while (text.length > NAME_BYTES) {
        fitting.length = Math.floor(fitting.length / 2);
        text = Buffer.from(JSON.stringify(fitting));
      }
      new Uint8Array(memory, HEADER_WORDS * 4, NAME_BYTES).set(text);
      Atomics.store(words, 0, text.length);
      Atomics.store(words, 1, slots);
    },
  };
}

/** Opens what another thread has noted, or is noting still. */
export function openKnownLines(memory: SharedArrayBuffer): LineFinder {
  const words = new Uint32Array(memory);
  const doubles = new Float64Array(memory);
  let slots = 0;
  let names: readonly string[] = [];
  const open = () => {
    const text = Buffer.from(memory, HEADER_WORDS * 4, Atomics.load(words, 0));
    names = JSON.parse(text.toString('utf8')) as string[]; // written by `tell`
  };
  return {
    isTold() {
      if (slots > 0) return true;
      slots = Atomics.load(words, 1);
      if (slots > 0) open();
      return slots > 0;
    },
    find(line) {
      let slot = (line.h0 >>> 0) & (slots - 1);
      for (let held = words[FIRST_SLOT + slot] as number; held > 0; held = words[FIRST_SLOT + slot] as number) {
        const at = entryAt(slots, held);
        // A name that did not fit is not known here.
        if (isLine(words, at, line)) return (words[at + NAME] as number) < names.length ? at : -1; // an entry has it
        slot = (slot + 1) & (slots - 1);
      }
      return -1;
    },
    copyRow(entry, out, at) {
      for (let i = 0; i < ROW_WORDS; i++) out[at + i] = words[entry + ROW + i] as number; // an entry has them
    },
    timeUs: (entry) => doubles[(entry + TIME) / 2] ?? Number.NaN,
    name: (entry) => names[words[entry + NAME] ?? 0] ?? '',
  };
}

function entriesOf(slots: number): number {
  return (slots / 4) * 3;
}

/** Where an entry stands: the first one is number 1. */
function entryAt(slots: number, number: number): number {
  return FIRST_SLOT + slots + (number - 1) * ENTRY;
}

function isSame(words: Uint32Array, at: number, row: Uint32Array, line: number): boolean {
  for (let i = 0; i < 4; i++) if (words[at + i] !== row[line + i]) return false;
  return true;
}

function isLine(words: Uint32Array, at: number, { h0, h1, h2, h3 }: KeyedHash): boolean {
  return (
    words[at] === h0 >>> 0 && words[at + 1] === h1 >>> 0 && words[at + 2] === h2 >>> 0 && words[at + 3] === h3 >>> 0
  );
}
