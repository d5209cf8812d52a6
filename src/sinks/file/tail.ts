import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { FileOptions } from './options.js';

/** Where writing goes on: the number of the file (0: the only one) and the bytes in it. */
export interface End {
  readonly file: number;
  readonly bytes: number;
}

/** The end of one file, or of the last of those that are rotated. */
export interface Tail extends AsyncDisposable {
  readonly end: End;
  /** Number of the first file. */
  readonly first: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves once all that was appended is on disk. */
  sync(): Promise<void>;
  /** Takes away what stands behind an end; what is not there is not made. */
  cutTo(end: End): Promise<void>;
  /** Moves to the end of what is there, and tells how that is to where it should be. */
  measure(expected?: End): Promise<'empty' | 'as-left' | 'longer' | 'shorter'>;
}

/** Opens the end. Files are made when something is appended. */
export function openTail(options: FileOptions): Tail {
  return new TailOfFiles(options);
}

class TailOfFiles implements Tail {
  readonly first: number;
  end: End;
  private handle: FileHandle | undefined;
  private isFolderDirty = false;

  constructor(private readonly options: FileOptions) {
    this.first = options.rotateBytes === undefined ? 0 : 1;
    this.end = { file: this.first, bytes: 0 };
  }

  async append(bytes: Uint8Array): Promise<void> {
    const { rotateBytes } = this.options;
    if (rotateBytes !== undefined && this.end.bytes >= rotateBytes) {
      await this.sync();
      await this.close();
      this.end = { file: this.end.file + 1, bytes: 0 };
    }
    if (this.handle === undefined) {
      this.handle = await open(this.pathOf(this.end.file), 'a', 0o600);
      this.isFolderDirty = true;
    }
    await this.handle.appendFile(bytes);
    this.end = { file: this.end.file, bytes: this.end.bytes + bytes.length };
  }

  async sync(): Promise<void> {
    await this.handle?.datasync();
    if (!this.isFolderDirty) return;
    const folder = await open(dirname(this.options.path), 'r');
    await folder.sync().finally(() => folder.close());
    this.isFolderDirty = false;
  }

  async cutTo(end: End): Promise<void> {
    await this.close();
    for (const number of await this.numbers()) if (number > end.file) await rm(this.pathOf(number), { force: true });
    const path = this.pathOf(end.file);
    if ((await sizeOf(path)) > end.bytes) {
      const handle = await open(path, 'r+');
      await handle.truncate(end.bytes);
      await handle.datasync().finally(() => handle.close());
    }
    this.end = end;
  }

  async measure(expected?: End) {
    const file = Math.max(this.first, ...(await this.numbers()));
    this.end = { file, bytes: await sizeOf(this.pathOf(file)) };
    if (file === this.first && this.end.bytes === 0) return expected?.bytes === 0 ? 'as-left' : 'empty';
    if (expected === undefined) return 'longer';
    if (file === expected.file && this.end.bytes === expected.bytes) return 'as-left';
    if (file < expected.file) return 'shorter';
    return file > expected.file || this.end.bytes > expected.bytes ? 'longer' : 'shorter';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }

  /** `events.ndjson.gz`, or `events-000001.ndjson.gz`. */
  private pathOf(file: number): string {
    const { path } = this.options;
    if (file === 0) return path;
    const { stem, suffix } = this.names();
    return join(dirname(path), `${stem}-${String(file).padStart(6, '0')}${suffix}`);
  }

  private names() {
    const name = basename(this.options.path);
    const outer = extname(name) === '.gz' ? '.gz' : '';
    const inner = extname(name.slice(0, name.length - outer.length));
    const suffix = inner + outer;
    return { stem: name.slice(0, name.length - suffix.length), suffix };
  }

  /** Numbers of the files that are there. */
  private async numbers(): Promise<number[]> {
    if (this.first === 0) return [0];
    const { stem, suffix } = this.names();
    return (await readdir(dirname(this.options.path))).flatMap((name) => {
      if (!name.startsWith(`${stem}-`) || !name.endsWith(suffix)) return [];
      const digits = name.slice(stem.length + 1, name.length - suffix.length);
      return /^\d{6,}$/.test(digits) ? [Number(digits)] : [];
    });
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => ({ size: 0 }))).size;
}
