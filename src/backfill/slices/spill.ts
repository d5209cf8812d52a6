import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stateError } from '../../flow/state/durable.js';
import type { EncodedRows } from '../../sinks/postgres/encode/encoded-rows.js';
import { openAppendedFiles } from './appended-files.js';
import type { Frame, KeptBatch } from './frame.js';
import { pack } from './packed.js';

/** Sorts the rows of a source by partition, on disk. Memory is bounded by `MOST_BYTES`, however many partitions there are. */
export interface Spill extends AsyncDisposable {
  /** Keeps the events of a batch and resolves to where. */
  keep(batch: KeptBatch): number;
  /** Appends plain data, with its length in front, to a file of the folder. */
  put(name: string, value: unknown): void;
  /** Appends bytes to a file of the folder. */
  bytes(name: string, chunk: Uint8Array): void;
  /** Appends the rows of a partition. */
  append(partition: number, batchAt: number, encoded: EncodedRows): void;
  /** Bytes that have been added so far. */
  readonly added: number;
  /** Once `room` or `end` has resolved: all that was added in front of this is in the files, and never looked at again. */
  readonly written: number;
  /** Resolves as soon as there is room in memory for the next batch. */
  room(): Promise<void>;
  /** Resolves once everything is in the files. */
  end(): Promise<void>;
}

/** A file is written to in pieces of this size, or when all that waits is more than may be held. */
const PIECE_BYTES = 1 << 20;
const MOST_BYTES = 48 << 20;
/** What has been waiting behind so many bytes is written, however little it is. */
const OLD_BYTES = 16 << 20;

interface Pending {
  readonly path: string;
  readonly chunks: Uint8Array[];
  bytes: number;
  /** How much had been added in front of the first of them. */
  since: number;
}

/** Opens an empty spill in `folder`: what an interrupted reading left there is removed. */
export async function openSpill(folder: string): Promise<Spill> {
  await tryWriting(folder, async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
  });
  return new FolderSpill(folder);
}

/** The files of a partition, and the one with the events of all batches. */
export const sliceFiles = (folder: string, partition: number) => ({
  rows: join(folder, `${partition}.rows`),
  frames: join(folder, `${partition}.frames`),
});
export const eventsFile = (folder: string) => join(folder, 'events');

class FolderSpill implements Spill {
  private readonly pending = new Map<string, Pending>();
  private readonly rowsAt = new Map<number, number>();
  private readonly files = openAppendedFiles();
  added = 0;
  private held = 0;
  private eventsAt = 0;

  constructor(private readonly folder: string) {}

  keep(batch: KeptBatch): number {
    const at = this.eventsAt;
    this.eventsAt += this.add(eventsFile(this.folder), pack(batch));
    return at;
  }

  put(name: string, value: unknown): void {
    this.add(join(this.folder, name), pack(value));
  }

  bytes(name: string, chunk: Uint8Array): void {
    this.add(join(this.folder, name), [chunk]);
  }

  append(partition: number, batchAt: number, { rows, ...encoded }: EncodedRows): void {
    const files = sliceFiles(this.folder, partition);
    const rowsAt = this.rowsAt.get(partition) ?? 0;
    this.rowsAt.set(partition, rowsAt + rows.length);
    const frame: Frame = { batchAt, rowsAt, rowsBytes: rows.length, encoded };
    this.add(files.rows, [rows]);
    this.add(files.frames, pack(frame));
  }

  get written(): number {
    let oldest = this.added;
    for (const { bytes, since } of this.pending.values()) if (bytes > 0 && since < oldest) oldest = since;
    return oldest;
  }

  async room(): Promise<void> {
    for (const pending of this.pending.values()) {
      if (pending.bytes >= PIECE_BYTES || this.added - pending.since >= OLD_BYTES) await this.write(pending);
    }
    if (this.held >= MOST_BYTES) await this.end();
  }

  async end(): Promise<void> {
    for (const pending of this.pending.values()) await this.write(pending);
    this.pending.clear();
  }

  private add(path: string, chunks: readonly Uint8Array[]): number {
    let pending = this.pending.get(path);
    if (pending === undefined) {
      pending = { path, chunks: [], bytes: 0, since: this.added };
      this.pending.set(path, pending);
    }
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (pending.bytes === 0) pending.since = this.added;
    pending.chunks.push(...chunks);
    pending.bytes += bytes;
    this.held += bytes;
    this.added += bytes;
    return bytes;
  }

  private async write(pending: Pending): Promise<void> {
    if (pending.bytes === 0) return;
    const chunks = pending.chunks.splice(0);
    this.held -= pending.bytes;
    pending.bytes = 0;
    await this.files.append(pending.path, chunks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.files[Symbol.asyncDispose]();
  }
}

async function tryWriting(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw stateError(error, path);
  }
}
