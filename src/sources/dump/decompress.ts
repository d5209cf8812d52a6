import { CannotEvaluateError } from '../../errors.js';
import { type ByteReader, readChunks } from './byte-reader.js';
import { inflate } from './inflate.js';
import { type Run, salvage } from './salvage.js';
import { unzstd } from './zstd.js';

/** What the stored bytes are compressed with. */
export type Compression = 'gzip' | 'zstd' | 'brotli';

/** Recognises gzip and zstd by their magic bytes; `.br` names Brotli, which has none. */
export function compressionOf(head: Uint8Array, label: string, brotli: boolean): Compression | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (isZstd(head)) return 'zstd';
  return brotli || label.endsWith('.br') ? 'brotli' : undefined;
}

/** RFC 8878 §3.1: a frame starts with 0xFD2FB528, a skippable one with 0x184D2A50 to 0x184D2A5F, little endian. */
function isZstd(head: Uint8Array): boolean {
  const [a = 0, b, c, d] = head;
  if (b === 0xb5) return a === 0x28 && c === 0x2f && d === 0xfd;
  return a >> 4 === 5 && b === 0x2a && c === 0x4d && d === 0x18;
}

/** The decompressed bytes. What was whole before a defect is given before the error. */
export function decompress(stored: ByteReader, compression: Compression, { label, reopen }: Origin): ByteReader {
  const salvaged = salvage({ ...decompressors[compression], stored, reopen });
  const chunks = guarded(salvaged, { stored, compression, label });
  const reader = readChunks(chunks, () => stored.storedBytes);
  return {
    ...reader,
    get storedBytes() {
      return stored.storedBytes;
    },
    async [Symbol.asyncDispose]() {
      await reader[Symbol.asyncDispose]();
      await stored[Symbol.asyncDispose]();
    },
  };
}

const chunkSize = 64 * 1024;
const zlib = () => process.getBuiltinModule('node:zlib');

const decompressors: Record<Compression, { readonly run: Run; readonly inputBytes: number }> = {
  gzip: { run: inflate(() => zlib().createGunzip({ chunkSize })), inputBytes: 16 * 1024 },
  brotli: { run: inflate(() => zlib().createBrotliDecompress({ chunkSize })), inputBytes: 16 * 1024 },
  zstd: { run: unzstd, inputBytes: 2 * 1024 },
};

/** Where compressed bytes come from. */
export interface Origin {
  readonly label: string;
  /** Opens the stored bytes a second time; undefined where they can be had only once. */
  readonly reopen: (() => Promise<ByteReader>) | undefined;
}

interface Guarded {
  readonly stored: ByteReader;
  readonly compression: Compression;
  readonly label: string;
}

async function* guarded(chunks: AsyncGenerator<Uint8Array>, about: Guarded): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (cause) {
    if (cause instanceof CannotEvaluateError) throw cause;
    throw defect(cause, about);
  }
}

function defect(cause: unknown, { stored, compression, label }: Guarded): CannotEvaluateError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const byte = stored.storedBytes.toLocaleString('en-US');
  if (/unexpected end of file|unexpected EOF/i.test(reason)) {
    return new CannotEvaluateError(`${label}: the ${compression} data is cut off at byte ${byte}`, {
      code: 'source_truncated',
      hint: 'fetch the file again; what was whole before that byte has been read',
      cause,
    });
  }
  return new CannotEvaluateError(`${label}: the ${compression} data is corrupt near byte ${byte} (${reason})`, {
    code: 'source_corrupt',
    hint: 'fetch the file again; what was whole before that byte has been read',
    cause,
  });
}
