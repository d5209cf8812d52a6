import { createHash } from 'node:crypto';
import type { EventCursor } from '../../../event/event.js';
import type { JsonWriter } from '../../http/encode/json-writer.js';
import { isForbiddenId } from './forbidden.js';

/** Most bytes of an `$insert_id` (https://docs.mixpanel.com/reference/import-events). */
const MOST_BYTES = 36;

/**
 * Writes the `$insert_id` of an event: its id where that fits Mixpanel's rules, else the first 36 hex digits of the
 * id's SHA-256. A salt makes every one a digest. Returns whether the id was written as it is.
 */
export function writeInsertId(writer: JsonWriter, event: EventCursor, salt: string | undefined): boolean {
  const { text, idStart, idEnd } = event;
  if (salt === undefined && idEnd > idStart) {
    if (fits(text, idStart, idEnd)) {
      writer.quoted(text, idStart, idEnd);
      return true;
    }
  } else if (salt === undefined) {
    const bytes = Buffer.from(event.id);
    if (fits(bytes, 0, bytes.length)) {
      writer.quoted(bytes, 0, bytes.length);
      return true;
    }
  }
  writer.string(digestOf(event.id, salt));
  return false;
}

/** The `$insert_id` that an event of this id gets. */
export function insertIdOf(id: string, salt: string | undefined): string {
  const bytes = Buffer.from(id);
  return salt === undefined && fits(bytes, 0, bytes.length) ? id : digestOf(id, salt);
}

function digestOf(id: string, salt: string | undefined): string {
  const salted = salt === undefined ? id : `${salt}\0${id}`;
  return createHash('sha256').update(salted).digest('hex').slice(0, MOST_BYTES);
}

function fits(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0 || length > MOST_BYTES) return false;
  for (let i = start; i < end; i++) if (!isAllowed(bytes[i] as number)) return false; // within bounds
  return !isForbiddenId(bytes, start, end);
}

/** Letters, digits and hyphens. */
function isAllowed(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d
  );
}
