const LF = 0x0a;
const CR = 0x0d;

/** Whether a line ends with this byte: LF, CRLF at its LF, or a lone CR. */
export function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] !== LF);
}

/** Line ends in `bytes[from, to)`. */
export function countLines(bytes: Uint8Array, from: number, to: number): number {
  let lines = 0;
  for (let at = from; at < to; at += 1) if (isLineEnd(bytes, at)) lines += 1;
  return lines;
}

/** How many spaces and tabs begin the line on which `at` lies. */
export function indentOf(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start > 0 && !isBreak(bytes[start - 1])) start -= 1;
  return firstInk(bytes, start) - start;
}

/** The line break in front of `at` when only indentation is between them, otherwise `at`. */
export function breakBefore(bytes: Uint8Array, at: number): number {
  let before = at - 1;
  while (isIndent(bytes[before])) before -= 1;
  if (!isBreak(bytes[before])) return at;
  return bytes[before] === LF && bytes[before - 1] === CR ? before - 1 : before;
}

/** The last line break from `from` on, the end of `bytes` without one. */
export function lastBreak(bytes: Uint8Array, from: number): number {
  for (let at = bytes.length - 1; at >= from; at -= 1) {
    if (isBreak(bytes[at])) return at > from && bytes[at] === LF && bytes[at - 1] === CR ? at - 1 : at;
  }
  return bytes.length;
}

/**
 * Behind a broken value: the first byte of the next line that begins with a bracket and is indented by at most
 * `within`. What is indented further may be the inside of the broken value, and must not pass for an event.
 */
export function findResume(bytes: Uint8Array, from: number, within: number): number | undefined {
  let at = from === 0 ? 0 : nextLine(bytes, from);
  while (at < bytes.length) {
    const ink = firstInk(bytes, at);
    if (ink - at <= within && beginsOrCloses(bytes[ink])) return ink;
    at = nextLine(bytes, ink);
  }
  return undefined;
}

function nextLine(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && !isBreak(bytes[at])) at += 1;
  return at + 1;
}

function firstInk(bytes: Uint8Array, from: number): number {
  let at = from;
  while (isIndent(bytes[at])) at += 1;
  return at;
}

function beginsOrCloses(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b || byte === 0x5d;
}

function isIndent(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}

function isBreak(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}
