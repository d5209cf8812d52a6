import type { Transform } from 'node:stream';
import type { Progress, Run } from './salvage.js';

/** A zlib stream: a transform that can be told to give out what it holds. */
export interface ZlibStream extends Transform {
  flush(kind: number, callback: () => void): void;
}

/**
 * Decompresses through a zlib stream. What the stream has given is yielded before its error is thrown: its own iterator
 * would throw it away.
 */
export function inflate(create: () => ZlibStream): Run {
  return (chunks, progress) => inflateChunks(create(), chunks, progress);
}

async function* inflateChunks(
  engine: ZlibStream,
  chunks: AsyncIterable<Uint8Array>,
  progress: Progress,
): AsyncGenerator<Uint8Array> {
  const held: Uint8Array[] = [];
  const failed = new Promise<Error>((resolve) => engine.once('error', resolve));
  engine.on('data', (chunk: Uint8Array) => {
    progress.given += chunk.length;
    held.push(chunk);
  });
  try {
    for await (const chunk of chunks) {
      const failure = await settled(failed, (done) => engine.write(chunk, done));
      yield* held.splice(0);
      if (failure !== undefined) throw failure;
      progress.taken += chunk.length;
    }
    progress.isAtEnd = true;
    for (const step of [flush, end]) {
      const failure = await settled(failed, (done) => step(engine, done));
      yield* held.splice(0);
      if (failure !== undefined) throw failure;
    }
  } finally {
    engine.destroy();
  }
}

function flush(engine: ZlibStream, done: () => void): void {
  engine.flush(process.getBuiltinModule('node:zlib').constants.Z_SYNC_FLUSH, done);
}

/** A missing end shows only when the readable side ends, behind the callback of the writable one. */
function end(engine: ZlibStream, done: () => void): void {
  // Zeros that pad a file end the stream before its end is announced.
  if (engine.readableEnded) done();
  else engine.once('end', done);
  engine.end();
}

/** Waits for the step's callback or the engine's failure, whichever comes first. */
async function settled(failed: Promise<Error>, step: (done: () => void) => void): Promise<Error | undefined> {
  const done = new Promise<undefined>((resolve) => step(() => setImmediate(resolve, undefined)));
  return Promise.race([failed, done]);
}
