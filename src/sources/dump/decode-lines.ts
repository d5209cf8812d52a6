import type { DecodedRecord } from '../../event/event.js';

const LF = 0x0a;
const CR = 0x0d;

/** Emits each line that is not blank. LF, CRLF and lone CR end a line. Returns the number of lines. */
export function decodeLines(bytes: Uint8Array, emit: (record: DecodedRecord) => void): number {
  const record = { text: bytes, start: 0, end: 0, offset: 0, line: 0 };
  // The search of a Buffer is several times faster than that of its base class.
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.includes(CR) ? decodeMixed(bytes, record, emit) : decodeLf(view, record, emit);
}

type Line = { -readonly [key in keyof Omit<DecodedRecord, 'value'>]: DecodedRecord[key] };

function decodeLf(bytes: Buffer, record: Line, emit: (record: DecodedRecord) => void): number {
  const { length } = bytes;
  let start = 0;
  let line = 0;
  while (start < length) {
    const found = bytes.indexOf(LF, start);
    const end = found < 0 ? length : found;
    emitLine(record, { start, end, line }, emit);
    start = end + 1;
    line += 1;
  }
  return line;
}

function decodeMixed(bytes: Uint8Array, record: Line, emit: (record: DecodedRecord) => void): number {
  const { length } = bytes;
  let start = 0;
  let line = 0;
  while (start < length) {
    let end = start;
    while (end < length && bytes[end] !== LF && bytes[end] !== CR) end += 1;
    emitLine(record, { start, end, line }, emit);
    start = bytes[end] === CR && bytes[end + 1] === LF ? end + 2 : end + 1;
    line += 1;
  }
  return line;
}

/** Leaves out lines of whitespace alone. */
function emitLine(
  record: Line,
  { start, end, line }: { readonly start: number; readonly end: number; readonly line: number },
  emit: (record: DecodedRecord) => void,
): void {
  let ink = start;
  while (ink < end && (record.text[ink] === 0x20 || record.text[ink] === 0x09)) ink += 1;
  if (ink === end) return;
  record.start = start;
  record.end = end;
  record.offset = start;
  record.line = line;
  emit(record);
}
