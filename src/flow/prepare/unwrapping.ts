import { isUtf8 } from 'node:buffer';
import type { Given } from '../../event/layer.js';
import { elementSpans, locatePointer, type Span } from '../../event/locate.js';
import type { PackedFacts } from '../../sources/letter-batch.js';
import { toldByBody } from '../../sources/told-by-body.js';
import type { Content, Opened, Unwrapper } from '../../sources/unwrapper.js';
import type { Cursor } from './cursor.js';
import { isObject, scanText } from './parse.js';
import type { SideText } from './side-text.js';
import type { HeldProblem } from './spec.js';

/** What becomes of what is found inside of envelopes. */
interface Way {
  /** Takes the text under the cursor, which may be an envelope again unless it is certainly an event. */
  takeInner(isEvent: boolean): void;
  hold(problem: HeldProblem, raw?: Uint8Array): void;
}

/** Opens the envelopes around events, layer by layer, and keeps what each layer says. */
export class Unwrapping {
  private depth = 0;

  constructor(
    private readonly unwrapper: Unwrapper,
    private readonly cursor: Cursor,
    private readonly side: SideText,
    private readonly way: Way,
  ) {}

  /** Turns to a batch. */
  begin(): void {
    this.depth = 0;
  }

  /** Whether the object under the cursor, which has been scanned, may be an envelope. */
  suspects(): boolean {
    return this.unwrapper.suspects(this.cursor.text, this.cursor.scan);
  }

  /** Opens the envelope that stands under the cursor and takes what is in it; false when it is none. */
  open(value: unknown): boolean {
    const { cursor, unwrapper, depth } = this;
    const opened = unwrapper.open(value, cursor, depth);
    if (opened === undefined) return false;
    if (opened.layer !== undefined && depth >= unwrapper.mostLayers) {
      this.way.hold({
        code: 'nested_envelopes',
        message: `${depth} envelopes lie around it: it goes round in a circle`,
      });
    } else this.takeAll(opened);
    return true;
  }

  /** Whether letters are opened whose bodies stand by themselves. */
  get opensLetters(): boolean {
    return this.unwrapper.openLetter !== undefined;
  }

  /** Opens the letter whose body stands under the cursor. */
  openLetter(facts: PackedFacts): void {
    const { cursor } = this;
    const { kind, queue, toldBy, bodyBase64 } = facts;
    const body = () => this.bytesUnderCursor().toString();
    const value = toldBy === undefined ? undefined : parsed(body());
    const told = toldBy === undefined ? facts : { kind, queue, ...toldByBody(toldBy, value, this.bytesUnderCursor()) };
    const opened = this.unwrapper.openLetter?.(told, body) ?? { contents: [] };
    if (opened.contents.length > 0) {
      this.takeAll(opened);
      return;
    }
    this.within(opened, () => {
      if (bodyBase64 !== undefined) this.takeDecoded(bodyBase64);
      else if (isObject(value)) {
        scanText(cursor);
        if (!this.suspects() || !this.open(value)) this.way.takeInner(false);
      } else this.takeUnlessBlank();
    });
  }

  /** Opens text that is no JSON; false when it is nothing else either. */
  openText(): boolean {
    const { cursor, unwrapper } = this;
    const bytes = unwrapper.openText(cursor.text.subarray(cursor.start, cursor.end));
    if (bytes === undefined || !isUtf8(bytes)) return false;
    this.within({ layer: { kind: 'base64' }, contents: [] }, () => this.takeBytes(bytes));
    return true;
  }

  private takeAll(opened: Opened): void {
    this.within(opened, () => {
      const { start, end } = this.cursor;
      const isMany = opened.contents.length > 1;
      for (const [index, content] of opened.contents.entries()) {
        this.cursor.narrowTo(start, end);
        if (isMany) this.numbered(index, () => this.take(content));
        else this.take(content);
      }
      this.cursor.narrowTo(start, end);
    });
  }

  /** Carries out `task` one layer deeper; the layer is around everything that it takes. */
  private within({ layer, earlier, given, attempts }: Opened, task: () => void): void {
    const { cursor } = this;
    const { layers: outerLayers, given: outerGiven } = cursor;
    if (layer !== undefined) {
      this.depth++;
      cursor.layers = [...outerLayers, ...(earlier ?? []), layer];
    }
    if (given !== undefined) cursor.given = { ...outerGiven, ...given };
    if (attempts !== undefined) cursor.attempts = attempts;
    task();
    if (layer !== undefined) this.depth--;
    cursor.layers = outerLayers;
    cursor.given = outerGiven;
  }

  /** One of several events of a message: the message's id alone is not theirs. */
  private numbered(index: number, task: () => void): void {
    const { cursor } = this;
    const outer = cursor.given;
    if (outer?.id !== undefined) cursor.given = partOf(outer, index);
    task();
    cursor.given = outer;
  }

  private take(content: Content): void {
    const { cursor } = this;
    switch (content.kind) {
      case 'hold':
        this.way.hold({ code: content.code, message: content.message });
        return;
      case 'event':
        if (content.at.length === 0 || this.moveInto(content.at)) this.way.takeInner(true);
        return;
      case 'value':
        if (this.moveInto(content.at)) this.takeValue();
        return;
      case 'span':
        cursor.narrowTo(content.span.start, content.span.end);
        this.takeValue();
        return;
      case 'string':
        this.takeString(content.text);
        return;
      case 'each':
        if (this.moveInto(content.at)) this.takeEach(elementSpans(cursor.text, cursor) ?? []);
        return;
      case 'base64':
        if (this.moveInto(content.at)) this.takeBase64();
        return;
      case 'text':
        this.moveToText(Buffer.from(content.text));
        if (content.at === undefined || this.moveInto(content.at)) this.way.takeInner(false);
        return;
      case 'bytes':
        this.takeAgain(content);
    }
  }

  /** Moves the cursor to the value at a pointer; what is missing is held. */
  private moveInto(at: readonly string[]): boolean {
    const { cursor } = this;
    const span = locatePointer(cursor.text, cursor, at);
    if (span === undefined) this.way.hold({ code: 'empty_letter', message: `there is nothing at /${at.join('/')}` });
    else cursor.narrowTo(span.start, span.end);
    return span !== undefined;
  }

  /** A string holds JSON as text; everything else is JSON already. */
  private takeValue(): void {
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

  private takeString(text: string): void {
    if (text.isWellFormed()) {
      this.moveToText(Buffer.from(text));
      this.takeUnlessBlank();
    } else
      this.way.hold({ code: 'lone_surrogate', message: 'the body holds half of a surrogate pair: no Unicode text' });
  }

  private takeUnlessBlank(): void {
    if (isBlank(this.cursor.text, this.cursor)) this.way.hold({ code: 'empty_letter', message: 'the body is empty' });
    else this.way.takeInner(false);
  }

  private takeEach(elements: readonly Span[]): void {
    for (const [index, { start, end }] of elements.entries()) {
      this.cursor.narrowTo(start, end);
      this.numbered(index, () => this.takeValue());
    }
  }

  private takeBase64(): void {
    const { cursor } = this;
    if (cursor.text[cursor.start] !== 0x22) {
      this.way.hold({ code: 'bad_base64', message: 'base64 is due here, and this is no text' });
      return;
    }
    this.takeDecoded(this.stringUnderCursor());
  }

  private takeDecoded(base64: string): void {
    const bytes = this.unwrapper.decodeBase64(base64);
    if (bytes.length === 0) this.way.hold({ code: 'empty_letter', message: 'the body is empty' });
    else if (isUtf8(bytes)) this.takeBytes(bytes);
    else this.way.hold({ code: 'invalid_utf8', message: 'the body is binary, not UTF-8 text' }, bytes);
  }

  private takeBytes(bytes: Uint8Array): void {
    this.moveToText(bytes);
    this.way.takeInner(false);
  }

  /** What could not be decoded the last time: where nothing has changed, the reason is the same. */
  private takeAgain({ bytes, otherwise }: Content & { readonly kind: 'bytes' }): void {
    if (!isUtf8(bytes) || !isJson(bytes)) {
      const opened = isUtf8(bytes) ? this.unwrapper.openText(bytes) : undefined;
      if (opened === undefined) this.way.hold(otherwise, bytes);
      else this.takeBytes(opened);
      return;
    }
    this.takeBytes(bytes);
  }

  private moveToText(bytes: Uint8Array): void {
    const { start, end } = this.side.append(this.cursor.text, bytes);
    this.cursor.turnTo(this.side.text ?? this.cursor.text);
    this.cursor.narrowTo(start, end);
  }

  private stringUnderCursor(): string {
    return JSON.parse(this.bytesUnderCursor().toString()) as string; // a quoted token of valid JSON
  }

  private bytesUnderCursor(): Buffer {
    const { text, start, end } = this.cursor;
    return Buffer.from(text.buffer, text.byteOffset + start, end - start);
  }
}

function partOf({ id, isEventId, ...rest }: Given, index: number): Given {
  return isEventId === true ? { ...rest, id: `${id}#${index}`, isEventId } : { ...rest, id: `${id}#${index}` };
}

function isBlank(text: Uint8Array, { start, end }: Span): boolean {
  for (let at = start; at < end; at++) if ((text[at] ?? 0) > 0x20) return false;
  return true;
}

function isJson(bytes: Uint8Array): boolean {
  return parsed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) !== undefined;
}

/** The value of JSON text; undefined when it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
