import type { EventCursor } from '../../../event/event.js';
import { locatePointer } from '../../../event/locate.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Finds values in an event by pointer and reads them as text. One instance is used again and again. */
export class LocatedValue {
  start = 0;
  end = 0;

  /** Finds the value and leaves the bounds of its JSON text in `start` and `end`; false when there is none. */
  find(event: EventCursor, pointer: readonly string[]): boolean {
    const [first = ''] = pointer;
    if (pointer.length === 1) {
      if (!event.locate(first)) return false;
      this.start = event.rawStart;
      this.end = event.rawEnd;
      return true;
    }
    const span = locatePointer(event.text, event, pointer);
    if (span === undefined) return false;
    this.start = span.start;
    this.end = span.end;
    return true;
  }

  /** Whether what was found is a string without escapes: its bytes may be passed on as they stand. */
  isPlainText({ text }: EventCursor): boolean {
    if (text[this.start] !== QUOTE) return false;
    for (let i = this.start + 1; i < this.end; i++) if (text[i] === BACKSLASH) return false;
    return true;
  }

  /** The scalar that was found, as text: a string's own, a number's digits as they stand; undefined for anything else. */
  text({ text }: EventCursor): string | undefined {
    const { buffer, byteOffset, byteLength } = text;
    const json = Buffer.from(buffer, byteOffset, byteLength).toString('utf8', this.start, this.end);
    const first = json[0];
    if (first === '"') return json.includes('\\') ? (JSON.parse(json) as string) : json.slice(1, -1); // a string by its quotes
    return first === '{' || first === '[' || json === 'null' ? undefined : json;
  }
}
