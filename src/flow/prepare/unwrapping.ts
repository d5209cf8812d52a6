import { isUtf8 } from 'node:buffer';
import type { Given } from '../../event/layer.js';
import { elementSpans, locatePointer, type Span } from '../../event/locate.js';
import type { PackedFacts } from '../../sources/letter-batch.js';
import { toldByBody } from '../../sources/told-by-body.js';
import type { Content, Opened, Unwrapper } from '../../sources/unwrapper.js';
import type { Cursor } from './cursor.js';
import { InnerText, type InnerWay } from './inner-text.js';
import { parseJob } from './job.js';
import { isObject } from './parse.js';
import type { SideText } from './side-text.js';

/** Held, so that its message is named: without an event it would stay in its queue, and nobody would know why. */
const NOTHING_IN_IT = { code: 'empty_letter', message: 'it holds an empty list: there is no event in it' };

/** Opens the envelopes around events, layer by layer, and keeps what each layer says. */
export class Unwrapping {
  private depth = 0;
  /** Values that have been taken out of envelopes, whatever became of them. */
  private taken = 0;
  private readonly inner: InnerText;

  constructor(
    private readonly unwrapper: Unwrapper,
    private readonly cursor: Cursor,
    side: SideText,
    private readonly way: InnerWay,
  ) {
    this.inner = new InnerText(unwrapper, cursor, side, way);
  }

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
    const body = () => this.inner.bytesUnderCursor().toString();
    const value = toldBy === undefined ? undefined : parseJob(cursor, this.way);
    const told =
      toldBy === undefined ? facts : { kind, queue, ...toldByBody(toldBy, value, this.inner.bytesUnderCursor()) };
    const opened = this.unwrapper.openLetter?.(told, body) ?? { contents: [] };
    if (opened.contents.length > 0) {
      this.takeAll(opened);
      return;
    }
    this.within(opened, () => {
      if (bodyBase64 !== undefined) this.inner.takeDecoded(bodyBase64);
      else if (isObject(value)) {
        if (!this.suspects() || !this.open(value)) this.way.takeInner(false);
      } else this.inner.takeUnlessBlank();
    });
  }

  /** Opens text that is no JSON; false when it is nothing else either. */
  openText(): boolean {
    const { cursor, unwrapper } = this;
    const bytes = unwrapper.openText(cursor.text.subarray(cursor.start, cursor.end));
    if (bytes === undefined || !isUtf8(bytes)) return false;
    this.within({ layer: { kind: 'base64' }, contents: [] }, () => this.inner.takeBytes(bytes));
    return true;
  }

  private takeAll(opened: Opened): void {
    this.within(opened, () => {
      const { start, end } = this.cursor;
      const isMany = opened.contents.length > 1;
      const { taken } = this;
      for (const [index, content] of opened.contents.entries()) {
        this.cursor.narrowTo(start, end);
        if (isMany) this.numbered(index, () => this.take(content));
        else this.take(content);
      }
      this.cursor.narrowTo(start, end);
      if (this.taken === taken) this.way.hold(NOTHING_IN_IT);
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
    if (content.kind !== 'each') this.taken++;
    switch (content.kind) {
      case 'hold':
        this.way.hold({ code: content.code, message: content.message });
        return;
      case 'event':
        if (content.at.length === 0 || this.moveInto(content.at)) this.way.takeInner(true);
        return;
      case 'value':
        if (this.moveInto(content.at)) this.inner.takeValue();
        return;
      case 'span':
        cursor.narrowTo(content.span.start, content.span.end);
        this.inner.takeValue();
        return;
      case 'string':
        this.inner.takeString(content.text);
        return;
      case 'each':
        if (this.moveInto(content.at)) this.takeEach(elementSpans(cursor.text, cursor) ?? []);
        return;
      case 'base64':
        if (this.moveInto(content.at)) this.inner.takeBase64();
        return;
      case 'text':
        this.inner.moveToText(Buffer.from(content.text));
        if (content.at === undefined || this.moveInto(content.at)) this.way.takeInner(false);
        return;
      case 'bytes':
        this.inner.takeAgain(content);
    }
  }

  /** Moves the cursor to the value at a pointer; what is missing is held. */
  private moveInto(at: readonly string[]): boolean {
    const { cursor } = this;
    const span = locatePointer(cursor.text, cursor, at);
    if (span === undefined) {
      this.taken++;
      this.way.hold({ code: 'empty_letter', message: `there is nothing at /${at.join('/')}` });
      return false;
    }
    cursor.narrowTo(span.start, span.end);
    return true;
  }

  private takeEach(elements: readonly Span[]): void {
    for (const [index, { start, end }] of elements.entries()) {
      this.taken++;
      this.cursor.narrowTo(start, end);
      this.numbered(index, () => this.inner.takeValue());
    }
  }
}

function partOf({ id, isEventId, ...rest }: Given, index: number): Given {
  return isEventId === true ? { ...rest, id: `${id}#${index}`, isEventId } : { ...rest, id: `${id}#${index}` };
}
