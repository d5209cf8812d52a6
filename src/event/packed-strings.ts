/** Strings behind one another in UTF-8: string `i` ends at `ends[i]` and starts where the one before it ended. */
export interface PackedStrings {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

/** The string at `index`. */
export function unpackString(packed: PackedStrings, index: number): string {
  const start = index === 0 ? 0 : (packed.ends[index - 1] ?? 0);
  const { buffer, byteOffset } = packed.bytes;
  return Buffer.from(buffer, byteOffset).toString('utf8', start, packed.ends[index]);
}

/** Packs strings; what is missing up to `count` is empty. */
export function packStrings(strings: readonly string[], count: number): PackedStrings {
  const ends = new Uint32Array(count);
  let end = 0;
  for (let i = 0; i < count; i++) {
    end += Buffer.byteLength(strings[i] ?? '');
    ends[i] = end;
  }
  const bytes = new Uint8Array(end);
  Buffer.from(bytes.buffer).write(strings.join(''));
  return { bytes, ends };
}
