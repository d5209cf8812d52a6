import { copyBytes } from './copy-bytes.js';
import type { KeyColumn } from './encoded-rows.js';

const LENGTH_BYTES = 4;

/** Takes the keys of rows apart into columns, in the order in which rows are appended. */
export class KeyColumns {
  private readonly columns: { readonly view: DataView<ArrayBuffer>; readonly ends: Uint32Array; position: number }[];
  private count = 0;

  /** @param size bytes of all keys together: no column can need more. */
  constructor(columns: number, rows: number, size: number) {
    this.columns = Array.from({ length: columns }, () => ({
      view: new DataView(new ArrayBuffer(size)),
      ends: new Uint32Array(rows),
      position: 0,
    }));
  }

  /** Appends the key that begins at `start`. */
  append(keys: DataView, start: number): void {
    let at = start;
    for (const column of this.columns) {
      const length = LENGTH_BYTES + keys.getInt32(at);
      copyBytes(keys, at, column.view, column.position, length);
      column.position += length;
      column.ends[this.count] = column.position;
      at += length;
    }
    this.count++;
  }

  take(): readonly KeyColumn[] {
    return this.columns.map(({ view, ends, position }) => ({
      bytes: new Uint8Array(view.buffer.slice(0, position)),
      ends,
    }));
  }
}
