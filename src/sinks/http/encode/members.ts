import { ObjectScan } from '../../../event/scan.js';

const BACKSLASH = 0x5c;

/** The members of one JSON object, one after another; of repeated keys only the last. One instance is used again and again. */
export class Members {
  /** Holds the key at `[keyStart, keyEnd)`, unescaped and without quotes. */
  keyText: Uint8Array = new Uint8Array(0);
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** Whether the key stands in the event's text as it is; otherwise it has to be written anew. */
  isPlainKey = true;
  private text: Uint8Array = new Uint8Array(0);
  private scan = new ObjectScan();
  private readonly own = this.scan;
  private mayRepeat = false;
  private at = 0;

  /** Turns to members that have been found already. */
  begin(text: Uint8Array, scan: ObjectScan, mayRepeat: boolean): void {
    this.text = text;
    this.scan = scan;
    this.mayRepeat = mayRepeat;
    this.at = 0;
  }

  /** Turns to the object that stands in `text[start, end)`. */
  beginObject(text: Uint8Array, start: number, end: number, mayRepeat: boolean): void {
    this.own.read(text, start, end);
    this.begin(text, this.own, mayRepeat);
  }

  get count(): number {
    return this.scan.count;
  }

  /** Moves to the next member; false behind the last. */
  next(): boolean {
    while (this.at < this.scan.count) {
      this.take(this.at++);
      if (!this.mayRepeat || !this.comesAgain()) return true;
    }
    return false;
  }

  /** Whether one of the members has this key. */
  has(key: Uint8Array, start: number, end: number): boolean {
    const { scan, text } = this;
    for (let at = 0; at < scan.count; at++) {
      const from = scan.keyStarts[at] ?? 0;
      if ((scan.keyEnds[at] ?? 0) - from === end - start && isSame(text, from, key, start, end)) return true;
    }
    return false;
  }

  private take(at: number): void {
    const { scan, text } = this;
    this.keyText = text;
    this.keyStart = scan.keyStarts[at] ?? 0;
    this.keyEnd = scan.keyEnds[at] ?? 0;
    this.valueStart = scan.valueStarts[at] ?? 0;
    this.valueEnd = scan.valueEnds[at] ?? 0;
    this.isPlainKey = true;
    for (let i = this.keyStart; i < this.keyEnd; i++) {
      if (text[i] !== BACKSLASH) continue;
      this.unescape();
      return;
    }
  }

  private unescape(): void {
    const { buffer, byteOffset, byteLength } = this.text;
    const quoted = Buffer.from(buffer, byteOffset, byteLength).toString('utf8', this.keyStart - 1, this.keyEnd + 1);
    this.keyText = Buffer.from(JSON.parse(quoted) as string); // the key of valid JSON is a string
    this.keyStart = 0;
    this.keyEnd = this.keyText.length;
    this.isPlainKey = false;
  }

  /** Whether a later member has the key at hand. Only for the few texts that repeat keys, so slow is fine. */
  private comesAgain(): boolean {
    const { keyText, keyStart, keyEnd, valueStart, valueEnd, isPlainKey, at, scan } = this;
    let found = false;
    for (let later = at; later < scan.count && !found; later++) {
      this.take(later);
      found =
        this.keyEnd - this.keyStart === keyEnd - keyStart &&
        isSame(this.keyText, this.keyStart, keyText, keyStart, keyEnd);
    }
    Object.assign(this, { keyText, keyStart, keyEnd, valueStart, valueEnd, isPlainKey });
    return found;
  }
}

function isSame(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, bEnd: number): boolean {
  for (let i = bStart; i < bEnd; i++) if (a[aStart + i - bStart] !== b[i]) return false;
  return true;
}
