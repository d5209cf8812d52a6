import type { DecodedRecord, EventCursor, JsonObject } from '../../event/event.js';
import type { Given, Layer } from '../../event/layer.js';
import { ObjectScan } from '../../event/scan.js';
import { isDigit } from '../../schema/accept/bytes.js';

const NOTHING = new Uint8Array(0);
const NO_LAYERS: readonly Layer[] = [];
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
const MOST_DIGITS = 15;
/** Keys of members behind this many are looked up each time. */
const MOST_PLACES = 64;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** The one cursor of a preparer: refilled for each event, never allocated anew. */
export class Cursor implements EventCursor {
  name = '';
  timeUs = Number.NaN;
  timeRest = 0;
  text: Uint8Array = NOTHING;
  start = 0;
  end = 0;
  rawStart = 0;
  rawEnd = 0;
  line = 0;
  offset = 0;
  attempts = 0;
  /** What lies around the event, outermost first. */
  layers = NO_LAYERS;
  /** What the envelopes give to an event that does not have it itself. */
  given: Given | undefined;
  /** What a repair made the event of: the whole event it was, or the event it is a part of. */
  mended: { readonly original?: Uint8Array; readonly partOf?: Uint8Array } | undefined;
  /** The id of the event that it is a part of: that id alone is not its own. */
  partOfId: string | undefined;
  /** The id that the event had before it was mended, and keeps. */
  keepsId: string | undefined;
  /** Whether `scan` holds this event's members; `locate` scans when it does not. */
  isScanned = false;
  /** Whether the text repeats a key somewhere. */
  repeatsKeys = false;
  isRecord = false;
  readonly scan = new ObjectScan();
  private readonly keys = new Map<string, Uint8Array>();
  /** What was found last at each place among the members: events of one origin keep their order. */
  private readonly keyTexts = new Array<string>(MOST_PLACES).fill('');
  private readonly keyBytes = new Array<Uint8Array>(MOST_PLACES).fill(NOTHING);
  private hint = 0;
  /** The id stands in `text[idStart, idEnd)` as it is; nowhere when the two are equal. */
  idStart = 0;
  idEnd = 0;
  private knownId: string | undefined = '';
  private parsed: JsonObject | undefined;
  private view = Buffer.alloc(0) as Buffer;

  get id(): string {
    this.knownId ??= this.slice(this.idStart, this.idEnd);
    return this.knownId;
  }

  set id(id: string) {
    this.knownId = id;
    this.idStart = 0;
    this.idEnd = 0;
  }

  /** Takes the id from where it stands in the text; it is decoded when somebody asks for it. */
  takeIdAt(start: number, end: number): void {
    this.knownId = undefined;
    this.idStart = start;
    this.idEnd = end;
  }

  get value(): JsonObject {
    this.parsed ??= JSON.parse(this.slice(this.start, this.end)) as JsonObject; // accepted as an object before
    return this.parsed;
  }

  /** Sets the value that parsing has given; undefined when the text has been accepted without parsing it. */
  set value(value: JsonObject | undefined) {
    this.parsed = value;
  }

  /** Turns to a record; `text` holds it where `record.text` did. */
  moveTo(record: Pick<DecodedRecord, 'text' | 'start' | 'end' | 'line' | 'offset'>, text = record.text): void {
    if (this.text !== text) this.turnTo(text);
    this.start = record.start;
    this.end = record.end;
    this.line = record.line;
    this.offset = record.offset;
    this.attempts = 0;
    this.layers = NO_LAYERS;
    this.given = undefined;
    this.isScanned = false;
    this.repeatsKeys = false;
    this.isRecord = false;
    this.parsed = undefined;
  }

  /** Turns to an event inside of the record. */
  narrowTo(start: number, end: number): void {
    this.start = start;
    this.end = end;
    this.isScanned = false;
    this.repeatsKeys = false;
    this.isRecord = false;
    this.parsed = undefined;
  }

  /** Turns to another buffer, in which everything stands where it stood, and more. */
  turnTo(text: Uint8Array): void {
    this.text = text;
    this.view = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  }

  member(key: string): unknown {
    if (this.parsed !== undefined) return Object.hasOwn(this.parsed, key) ? this.parsed[key] : undefined;
    if (!this.locate(key)) return undefined;
    const first = this.text[this.rawStart];
    if (first === QUOTE) return this.string();
    if (first === OPEN_BRACE || first === OPEN_BRACKET) return this.value[key];
    const word = this.view.toString('latin1', this.rawStart, this.rawEnd);
    if (word === 'null') return null;
    return word === 'true' || (word !== 'false' && Number(word));
  }

  /**
   * Finds a top-level string whose bytes are its text, without escapes and not empty: leaves the bounds of the text
   * in `rawStart` and `rawEnd`.
   */
  locatePlainText(key: string): boolean {
    if (
      this.parsed !== undefined ||
      !this.locate(key) ||
      this.text[this.rawStart] !== QUOTE ||
      this.rawEnd - this.rawStart < 3
    )
      return false;
    const { text, rawEnd } = this;
    for (let i = this.rawStart + 1; i < rawEnd; i++) if (text[i] === BACKSLASH) return false;
    this.rawStart++;
    this.rawEnd--;
    return true;
  }

  /** Finds a top-level whole number that is written as people write it, with at most 15 digits and no sign. */
  locateDigits(key: string): boolean {
    if (this.parsed !== undefined || !this.locate(key)) return false;
    const { text, rawStart, rawEnd } = this;
    const length = rawEnd - rawStart;
    if (length > MOST_DIGITS || (text[rawStart] === ZERO && length > 1)) return false;
    for (let i = rawStart; i < rawEnd; i++) if (!isDigit(text[i])) return false;
    return true;
  }

  private string(): string {
    const text = this.slice(this.rawStart + 1, this.rawEnd - 1);
    return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text; // a string by its quotes
  }

  /** The text that stands at `text[start, end)`, as UTF-8. */
  slice(start: number, end: number): string {
    return this.view.toString('utf8', start, end);
  }

  locate(key: string): boolean {
    if (!this.isScanned) this.rescan();
    if (this.repeatsKeys) return this.locateLast(key);
    const { count } = this.scan;
    let at = this.hint < count ? this.hint : 0;
    const wanted = this.bytesOf(key, at);
    for (let tried = 0; tried < count; tried++) {
      if (this.keyIs(at, wanted)) {
        if (at < MOST_PLACES) this.expect(at, key, wanted);
        return this.found(at);
      }
      at = at + 1 === count ? 0 : at + 1;
    }
    return this.scan.hasEscape && this.locateLast(key);
  }

  get members(): ObjectScan {
    if (!this.isScanned) this.rescan();
    return this.scan;
  }

  private expect(at: number, key: string, bytes: Uint8Array): void {
    this.keyTexts[at] = key;
    this.keyBytes[at] = bytes;
  }

  private rescan(): void {
    this.scan.read(this.text, this.start, this.end);
    this.isScanned = true;
  }

  private found(at: number): true {
    this.rawStart = this.scan.valueStarts[at] ?? 0;
    this.rawEnd = this.scan.valueEnds[at] ?? 0;
    this.hint = at + 1;
    return true;
  }

  /** The slow way, for texts that repeat or escape keys: the last of repeated keys counts, as in the parsed value. */
  private locateLast(key: string): boolean {
    for (let at = this.scan.count - 1; at >= 0; at--) {
      if (this.keyText(at) === key) return this.found(at);
    }
    return false;
  }

  private keyText(at: number): string {
    const quoted = this.slice((this.scan.keyStarts[at] ?? 1) - 1, (this.scan.keyEnds[at] ?? 0) + 1);
    return JSON.parse(quoted) as string; // the key of valid JSON is a string
  }

  private keyIs(at: number, wanted: Uint8Array): boolean {
    const start = this.scan.keyStarts[at] ?? 0;
    if ((this.scan.keyEnds[at] ?? 0) - start !== wanted.length) return false;
    for (let i = 0; i < wanted.length; i++) if (this.text[start + i] !== wanted[i]) return false;
    return true;
  }

  /** @param at where it is expected among the members. */
  private bytesOf(key: string, at: number): Uint8Array {
    if (at < MOST_PLACES && this.keyTexts[at] === key && key !== '') return this.keyBytes[at] as Uint8Array; // both are set together
    let bytes = this.keys.get(key);
    if (bytes === undefined) {
      bytes = Buffer.from(key);
      this.keys.set(key, bytes);
    }
    return bytes;
  }
}
