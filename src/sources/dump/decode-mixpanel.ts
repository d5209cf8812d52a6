import type { DecodedRecord } from '../../event/event.js';
import { ObjectScan } from '../../event/scan.js';
import { decodeLines } from './decode-lines.js';

const BEFORE_IDENTITY = '$distinct_id_before_identity';
const USER = 'distinct_id';
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;

/**
 * Emits each row of a raw export of Mixpanel as the event that was imported: name and properties side by side, without
 * what the export adds (`$import`, `mp_…`, `$mp_…`), and with the user as it was before Mixpanel merged identities. Values keep their bytes.
 * A line that is no such row is emitted as it is. Returns the number of lines.
 */
export function decodeMixpanelRows(bytes: Uint8Array, emit: (record: DecodedRecord) => void): number {
  const unwrap = new RowUnwrapper(bytes);
  return decodeLines(bytes, (line) => emit(unwrap.row(line)));
}

class RowUnwrapper {
  private readonly outer = new ObjectScan();
  private readonly inner = new ObjectScan();
  private readonly view: Buffer;
  /** A row only ever becomes shorter. */
  private readonly text: Buffer;
  private length = 0;

  constructor(bytes: Uint8Array) {
    this.view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.text = Buffer.allocUnsafeSlow(bytes.length);
  }

  row({ start, end, offset, line }: DecodedRecord): DecodedRecord {
    const from = this.length;
    this.outer.read(this.view, start, end);
    const event = this.find(this.outer, 'event');
    const properties = this.find(this.outer, 'properties');
    const isRow = this.outer.isWhole && this.outer.count === 2 && event >= 0 && properties >= 0;
    const at = isRow ? (this.outer.valueStarts[properties] ?? 0) : 0;
    if (isRow && this.view[at] === OPEN_BRACE) {
      this.byte(OPEN_BRACE);
      this.copyMember(this.outer, event);
      this.inner.read(this.view, at, this.outer.valueEnds[properties] ?? at);
      this.copyProperties();
      this.byte(CLOSE_BRACE);
    } else {
      this.copy(start, end);
    }
    return { text: this.text, start: from, end: this.length, offset, line };
  }

  private copyProperties(): void {
    const { inner } = this;
    const before = this.find(inner, BEFORE_IDENTITY);
    for (let i = 0; i < inner.count; i++) {
      const key = this.key(inner, i);
      if (key === '$import' || key.startsWith('mp_') || key.startsWith('$mp_') || i === before) continue;
      this.byte(COMMA);
      if (key === USER && before >= 0) {
        this.ascii(`"${USER}":`);
        this.copy(inner.valueStarts[before] ?? 0, inner.valueEnds[before] ?? 0);
      } else if (key === 'event') {
        this.ascii('"properties.event":');
        this.copy(inner.valueStarts[i] ?? 0, inner.valueEnds[i] ?? 0);
      } else {
        this.copyMember(inner, i);
      }
    }
  }

  /** The last member with this key, -1 without one. */
  private find(scan: ObjectScan, key: string): number {
    for (let i = scan.count - 1; i >= 0; i--) {
      const length = (scan.keyEnds[i] ?? 0) - (scan.keyStarts[i] ?? 0);
      if (length === key.length && this.key(scan, i) === key) return i;
    }
    return -1;
  }

  private key(scan: ObjectScan, at: number): string {
    return this.view.toString('utf8', scan.keyStarts[at], scan.keyEnds[at]);
  }

  /** From the key's quote to the end of the value. */
  private copyMember(scan: ObjectScan, at: number): void {
    this.copy((scan.keyStarts[at] ?? 1) - 1, scan.valueEnds[at] ?? 0);
  }

  private copy(start: number, end: number): void {
    this.length += this.view.copy(this.text, this.length, start, end);
  }

  private ascii(text: string): void {
    this.length += this.text.write(text, this.length, 'latin1');
  }

  private byte(value: number): void {
    this.text[this.length++] = value;
  }
}
