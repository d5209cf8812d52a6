/** From here on the engine's own copy is quicker, although it has to make two views. */
const LONGEST_BY_WORDS = 128;
const LONGEST_BY_DOUBLES = 256;

/**
 * Copies `length` bytes in words of four, the last of which may overlap the one before it: for the short fields of
 * rows that is several times as quick as a copy by bytes or through views.
 */
export function copyBytes(from: DataView, start: number, to: DataView, at: number, length: number): void {
  if (length > LONGEST_BY_WORDS) {
    copyWhole(from, start, to, at, length);
  } else if (length < 4) {
    for (let i = 0; i < length; i++) to.setUint8(at + i, from.getUint8(start + i));
  } else {
    const last = length - 4;
    for (let i = 0; i < last; i += 4) to.setInt32(at + i, from.getInt32(start + i, true), true);
    to.setInt32(at + last, from.getInt32(start + last, true), true);
  }
}

/**
 * Copies UTF-8 as doubles, twice as quick again. A double that is not a number might lose its bits on the way, but no
 * eight bytes of UTF-8 are one, read from the lowest: 0xFF never occurs, and 0x7F never follows 0xF0 or above.
 */
export function copyText(from: DataView, start: number, to: DataView, at: number, length: number): void {
  if (length < 8 || length > LONGEST_BY_DOUBLES) {
    copyBytes(from, start, to, at, length);
    return;
  }
  const last = length - 8;
  for (let i = 0; i < last; i += 8) to.setFloat64(at + i, from.getFloat64(start + i, true), true);
  to.setFloat64(at + last, from.getFloat64(start + last, true), true);
}

/** A view of all bytes of an array. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function copyWhole(from: DataView, start: number, to: DataView, at: number, length: number): void {
  const source = new Uint8Array(from.buffer, from.byteOffset + start, length);
  new Uint8Array(to.buffer, to.byteOffset + at, length).set(source);
}
