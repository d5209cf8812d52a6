import type { Progress } from './salvage.js';

/**
 * Decompresses any number of zstd frames and verifies their checksums. zstd 1.5 as WebAssembly: `node:zlib` has it from
 * Node 22.15 only, and decoders written in JavaScript let corrupt data pass.
 */
export async function* unzstd(chunks: AsyncIterable<Uint8Array>, progress: Progress): AsyncGenerator<Uint8Array> {
  const { ZSTDDecoder } = await import('zstddec/stream');
  const decoder = new ZSTDDecoder();
  await decoder.init();
  const input = chunks[Symbol.asyncIterator]();
  const queue: Uint8Array[] = [];
  const output = decoder.decodeStreaming(drain(queue, progress));
  let idleAt = -1;
  for (;;) {
    if (queue.length === 0 && !progress.isAtEnd) {
      const next = await input.next();
      if (next.done === true) progress.isAtEnd = true;
      else queue.push(next.value);
    }
    const step = nextOutput(output);
    if (step.done === true) return;
    if (step.value.length > 0) {
      idleAt = -1;
      progress.given += step.value.length;
      yield step.value;
    } else if (idleAt === progress.taken) {
      // The decoder takes no input and gives no output: that is how its streams repeat an error.
      progress.isAtEnd = false;
      throw new Error('invalid block or checksum');
    } else {
      idleAt = progress.taken;
    }
  }
}

/** Hands out what is queued. The decoder takes at most one chunk a step, and asks for the next behind its last byte. */
function* drain(queue: Uint8Array[], progress: Progress): Generator<Uint8Array> {
  for (let chunk = queue.shift(); chunk !== undefined; chunk = queue.shift()) {
    yield chunk;
    progress.taken += chunk.length;
  }
}

function nextOutput(output: Generator<Uint8Array>): IteratorResult<Uint8Array> {
  try {
    return output.next();
  } catch (cause) {
    throw new Error('unexpected end of file', { cause });
  }
}
