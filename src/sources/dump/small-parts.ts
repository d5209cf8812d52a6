import type { DoneStretch, Handful, PartFailure, RawBatch } from '../source.js';
import type { StoredFile } from './byte-reader.js';
import { cutWhole } from './cut.js';
import { compressionOf } from './decompress.js';
import { headBytes, limitsOf } from './limits.js';
import { oneObjectBatch } from './one-object-batch.js';
import { failureOf, isParquetWanted, type PartReading, splitterFor } from './part.js';
import { unmarkedUtf8 } from './text.js';

/** Files below this size are read at once: of many small ones each visit to the file system costs more than its bytes. */
const SMALL_BYTES = 256 * 1024;
/** So many files are taken in one go, or about so many bytes. */
const MOST_PARTS = 128;
const MOST_BYTES = 1024 * 1024;

/** Reads small files of plain text, many in one go: of thousands of them every wait costs more than the bytes do. */
export class SmallParts {
  private readonly settled: ReadonlySet<number>;
  private readonly scratch = Buffer.allocUnsafeSlow(SMALL_BYTES + 1);
  private readonly mostBytes: number;
  private readonly isPlain: boolean;

  constructor(
    private readonly files: readonly StoredFile[],
    private readonly about: Omit<PartReading, 'part' | 'file'>,
  ) {
    this.settled = new Set(about.done.map(({ part }: DoneStretch) => part));
    const { batchBytes, maxRecordBytes, batchRecords } = limitsOf(about.options);
    this.mostBytes = Math.min(batchBytes, maxRecordBytes);
    const { format, brotli } = about.options;
    this.isPlain = format === undefined && brotli !== true && batchRecords > 1;
  }

  /**
   * What the parts from this one on hold, and how many of them were read: none when the first has to be read piece by
   * piece.
   * @throws the signal's reason when the user stops.
   */
  take(from: number): { readonly items: Handful; readonly parts: number } {
    const items: (RawBatch | PartFailure)[] = [];
    const end = Math.min(from + MOST_PARTS, this.files.length);
    let part = from;
    this.about.signal.throwIfAborted();
    for (let bytes = 0; part < end && bytes < MOST_BYTES; part++) {
      const count = items.length;
      if (!this.read(part, items)) break;
      for (let at = count; at < items.length; at++) bytes += bytesOf(items[at]);
    }
    return { items, parts: part - from };
  }

  /** Adds what a part holds; false when it has to be read piece by piece. */
  private read(part: number, items: (RawBatch | PartFailure)[]): boolean {
    const file = this.files[part];
    if (file?.whole === undefined || this.settled.has(part)) return false;
    try {
      const bytes = file.whole(this.scratch);
      if (bytes === undefined || bytes.length > this.mostBytes) return false;
      const batch = this.isPlain ? oneObjectBatch(part, file.label, bytes) : undefined;
      if (batch === undefined) return this.cut({ ...this.about, part, file }, bytes, items);
      items.push(batch);
    } catch (error) {
      items.push(failureOf({ ...this.about, part, file }, error));
    }
    return true;
  }

  private cut(reading: PartReading, bytes: Uint8Array<ArrayBuffer>, items: (RawBatch | PartFailure)[]): boolean {
    const { part, file, options, signal } = reading;
    if (compressionOf(bytes, file.label, options.brotli === true) !== undefined) return false;
    const text = isParquetWanted(bytes, options) ? undefined : unmarkedUtf8(bytes);
    if (text === undefined) return false;
    const splitter = splitterFor(reading, text.subarray(0, headBytes));
    for (const batch of cutWhole({ part, splitter, limits: limitsOf(options), done: [], signal }, text))
      items.push(batch);
    return true;
  }
}

function bytesOf(item: RawBatch | PartFailure | undefined): number {
  return item?.kind === 'batch' ? item.bytes.length : 0;
}
