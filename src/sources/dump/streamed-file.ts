import type { Readable } from 'node:stream';
import { readChunks, type StoredFile } from './byte-reader.js';

/** What can be read only once, from its start: standard input, a pipe. Nothing is known of it before. */
export function streamedFile(label: string, openStream: () => Readable): StoredFile {
  return {
    label,
    bytes: undefined,
    fingerprint: async () => undefined,
    async open(signal) {
      const stream = openStream();
      let taken = 0;
      return readChunks(
        readStream(stream, signal, (bytes) => {
          taken += bytes;
        }),
        () => taken,
      );
    },
  };
}

async function* readStream(
  stream: Readable,
  signal: AbortSignal,
  took: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array); // a byte stream gives nothing else
      took(bytes.length);
      yield bytes;
    }
  } catch (failure) {
    signal.throwIfAborted();
    throw failure;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
