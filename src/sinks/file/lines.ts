import { textOf } from '../../event/batch.js';
import type { Delivery } from '../sink.js';

const LINE_END = Buffer.from('\n');

/**
 * The events of a delivery that are to be sent, one a line, in pieces of about `pieceBytes`. Events pass byte for byte;
 * line breaks between their tokens become spaces.
 */
export function* linesOf({ events, skip }: Delivery, pieceBytes: number): Generator<Buffer> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for (let i = 0; i < events.count; i++) {
    if (skip?.[i] === 1) continue;
    const text = onOneLine(textOf(events, i));
    parts.push(text, LINE_END);
    bytes += text.length + 1;
    if (bytes < pieceBytes) continue;
    yield Buffer.concat(parts);
    parts = [];
    bytes = 0;
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

function onOneLine(text: Uint8Array): Uint8Array {
  if (!text.includes(0x0a) && !text.includes(0x0d)) return text;
  return text.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte));
}
