import type { EventCursor } from '../../../event/event.js';
import type { Rejection } from '../../sink.js';
import type { ByteWriter } from './byte-writer.js';
import type { ValueReader } from './value-reader.js';

/** What turns a value that is there and not null into bytes. */
export interface ValueWriter {
  write(out: ByteWriter, value: unknown, place: ValuePlace): Rejection | undefined;
}

/** Where a value stands, for those who need its text or have to name it. */
export interface ValuePlace {
  readonly column: string;
  readonly reader: ValueReader;
  readonly event: EventCursor;
}

/** The JSON text of the value. */
export function rawText({ reader, event }: ValuePlace): string {
  if (!reader.locate(event)) return '';
  const { buffer, byteOffset, byteLength } = event.text;
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8', reader.start, reader.end);
}
