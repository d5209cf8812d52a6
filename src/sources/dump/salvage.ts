import { type ByteReader, chunksOf } from './byte-reader.js';

/** Bytes that went into a decompressor whole, and bytes that came out of it. */
export interface Progress {
  taken: number;
  given: number;
  /** Whether the stored bytes have ended: a failure is no longer that of a chunk. */
  isAtEnd: boolean;
}

/** Decompresses chunks, keeping count. Throws when they are corrupt or end too early. */
export type Run = (chunks: AsyncIterable<Uint8Array>, progress: Progress) => AsyncGenerator<Uint8Array>;

/** A file that is to be decompressed. */
export interface Salvage {
  readonly run: Run;
  readonly stored: ByteReader;
  /** Opens the stored bytes a second time, from their start; undefined where they can be had only once. */
  readonly reopen: (() => Promise<ByteReader>) | undefined;
  /** Size of the chunks that go in: what a chunk expands to has to fit into memory. */
  readonly inputBytes: number;
}

/**
 * Decompresses so that every byte that can be had comes out before the error. A decompressor gives nothing of the chunk
 * in which it fails; so then the file is run through a second one, that chunk byte by byte, and what is known already
 * is left out.
 */
export async function* salvage({ run, stored, reopen, inputBytes }: Salvage): AsyncGenerator<Uint8Array> {
  const progress: Progress = { taken: 0, given: 0, isAtEnd: false };
  try {
    yield* run(chunksOf(stored, inputBytes), progress);
  } catch (defect) {
    if (reopen !== undefined && !progress.isAtEnd) {
      const again = await reopen();
      try {
        yield* rest(run, thenByteByByte(chunksOf(again, inputBytes), progress.taken), progress.given);
      } finally {
        await again[Symbol.asyncDispose]();
      }
    }
    throw defect;
  }
}

async function* rest(run: Run, chunks: AsyncIterable<Uint8Array>, known: number): AsyncGenerator<Uint8Array> {
  let left = known;
  try {
    for await (const chunk of run(chunks, { taken: 0, given: 0, isAtEnd: false })) {
      const fresh = chunk.subarray(Math.min(left, chunk.length));
      left -= chunk.length - fresh.length;
      if (fresh.length > 0) yield fresh;
    }
  } catch {
    // The defect that is being worked around; whoever called throws it.
  }
}

async function* thenByteByByte(chunks: AsyncGenerator<Uint8Array>, whole: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const chunk of chunks) {
    at += chunk.length;
    if (at <= whole) yield chunk;
    else for (let byte = 0; byte < chunk.length; byte += 1) yield chunk.subarray(byte, byte + 1);
  }
}
