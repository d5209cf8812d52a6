import { isUtf8 } from 'node:buffer';
import type { Span } from '../../event/locate.js';
import { parseOrUndefined } from '../../event/parse-or-undefined.js';
import type { ObjectScan } from '../../event/scan.js';
import type { Content, Unwrapper } from '../../sources/unwrapper.js';
import type { Cursor } from './cursor.js';
import type { SideText } from './side-text.js';
import type { HeldProblem } from './spec.js';

/** What becomes of what is found inside of envelopes. */
export interface InnerWay {
  /** Takes the text under the cursor, which may be an envelope again unless it is certainly an event. */
  takeInner(isEvent: boolean): void;
  hold(problem: HeldProblem, raw?: Uint8Array): void;
  /** Whether the text there is certainly an event that is accepted as it stands, and where its members are. */
  acceptsAhead?(start: number, end: number): ObjectScan | undefined;
}

/** Takes what stands inside of an envelope in some notation: JSON, JSON in a string, base64, bytes of any kind. */
export class InnerText {
  constructor(
    private readonly unwrapper: Unwrapper,
    private readonly cursor: Cursor,
    private readonly side: SideText,
    private readonly way: InnerWay,
  ) {}

  /** A string holds JSON as text; everything else is JSON already. */
  takeValue(): void {
    const { cursor } = this;
    if (cursor.text[cursor.start] !== 0x22) {
      this.way.takeInner(false);
      return;
    }
    const { start, end } = cursor;
    const isPlain = !cursor.text.subarray(start, end).includes(0x5c);
    if (isPlain) {
      cursor.narrowTo(start + 1, end - 1);
      this.takeUnlessBlank();
    } else this.takeString(this.stringUnderCursor());
  }

  takeString(text: string): void {
    if (text.isWellFormed()) {
      this.moveToText(Buffer.from(text));
      this.takeUnlessBlank();
    } else
      this.way.hold({ code: 'lone_surrogate', message: 'the body holds half of a surrogate pair: no Unicode text' });
  }

  takeUnlessBlank(): void {
    if (isBlank(this.cursor.text, this.cursor)) this.way.hold({ code: 'empty_letter', message: 'the body is empty' });
    else this.way.takeInner(false);
  }

  takeBase64(): void {
    const { cursor } = this;
    if (cursor.text[cursor.start] !== 0x22) {
      this.way.hold({ code: 'bad_base64', message: 'base64 is due here, and this is no text' });
      return;
    }
    this.takeDecoded(this.stringUnderCursor());
  }

  takeDecoded(base64: string): void {
    const bytes = this.unwrapper.decodeBase64(base64);
    if (bytes.length === 0) this.way.hold({ code: 'empty_letter', message: 'the body is empty' });
    else if (isUtf8(bytes)) this.takeBytes(bytes);
    else this.way.hold({ code: 'invalid_utf8', message: 'the body is binary, not UTF-8 text' }, bytes);
  }

  takeBytes(bytes: Uint8Array): void {
    this.moveToText(bytes);
    this.way.takeInner(false);
  }

  /** What could not be decoded the last time: where nothing has changed, the reason is the same. */
  takeAgain({ bytes, otherwise }: Content & { readonly kind: 'bytes' }): void {
    if (!isUtf8(bytes) || !isJson(bytes)) {
      const opened = isUtf8(bytes) ? this.unwrapper.openText(bytes) : undefined;
      if (opened === undefined) this.way.hold(otherwise, bytes);
      else this.takeBytes(opened);
      return;
    }
    this.takeBytes(bytes);
  }

  moveToText(bytes: Uint8Array): void {
    const { start, end } = this.side.append(this.cursor.text, bytes);
    this.cursor.turnTo(this.side.text ?? this.cursor.text);
    this.cursor.narrowTo(start, end);
  }

  private stringUnderCursor(): string {
    return JSON.parse(this.bytesUnderCursor().toString()) as string; // a quoted token of valid JSON
  }

  bytesUnderCursor(): Buffer {
    const { text, start, end } = this.cursor;
    return Buffer.from(text.buffer, text.byteOffset + start, end - start);
  }
}

function isBlank(text: Uint8Array, { start, end }: Span): boolean {
  for (let at = start; at < end; at++) if ((text[at] ?? 0) > 0x20) return false;
  return true;
}

function isJson(bytes: Uint8Array): boolean {
  return parseOrUndefined(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) !== undefined;
}
