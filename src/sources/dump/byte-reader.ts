/** Bytes of one file from its start to its end, pulled by the reader. */
export interface ByteReader extends AsyncDisposable {
  /** How many bytes of the file as it is stored have been taken so far. */
  readonly storedBytes: number;
  /**
   * Fills the beginning of `target` and resolves to the number of bytes, 0 at the end.
   * @throws CannotEvaluateError when the rest cannot be had; all bytes before it have been given.
   */
  read(target: Uint8Array): Promise<number>;
  /** Moves on by `count` bytes, or to the end when there are fewer. */
  skip(count: number): Promise<void>;
}

/** Where the bytes of one file lie. */
export interface StoredFile {
  /** As the user would type it. */
  readonly label: string;
  readonly bytes: number | undefined;
  /** Path in the local file system, for readers that have to open the file themselves. */
  readonly path?: string;
  /** The same by which other machines can open it: a URL. Absent for what lies in the local file system. */
  readonly url?: string;
  fingerprint(): Promise<string | undefined>;
  /**
   * All bytes at once, in a buffer of their own: undefined where the file is empty, does not fit into the scratch with a byte to
   * spare, or is no file of the local system.
   * @throws CannotEvaluateError when it cannot be read.
   */
  whole?(scratch: Uint8Array): Uint8Array<ArrayBuffer> | undefined;
  /** @throws CannotEvaluateError when it cannot be opened. */
  open(signal: AbortSignal): Promise<ByteReader>;
}

/** Reads until `target` is full from `start` on, or the file ends. Resolves to the number of bytes in `target`. */
export async function fill(reader: ByteReader, target: Uint8Array, start = 0): Promise<number> {
  let length = start;
  while (length < target.length) {
    const count = await reader.read(target.subarray(length));
    if (count === 0) break;
    length += count;
  }
  return length;
}

/** Makes a reader of chunks that arrive by themselves. */
export function readChunks(chunks: AsyncGenerator<Uint8Array>, storedBytes: () => number): ByteReader {
  let chunk: Uint8Array = new Uint8Array(0);

  const advance = async (): Promise<boolean> => {
    while (chunk.length === 0) {
      const next = await chunks.next();
      if (next.done === true) return false;
      chunk = next.value;
    }
    return true;
  };

  return {
    get storedBytes() {
      return storedBytes();
    },
    async read(target) {
      if (!(await advance())) return 0;
      const count = Math.min(target.length, chunk.length);
      target.set(chunk.subarray(0, count));
      chunk = chunk.subarray(count);
      return count;
    },
    async skip(count) {
      let left = count;
      while (left > 0 && (await advance())) {
        const step = Math.min(left, chunk.length);
        chunk = chunk.subarray(step);
        left -= step;
      }
    },
    async [Symbol.asyncDispose]() {
      await chunks.return(undefined);
    },
  };
}

/** The bytes of a reader in chunks of at most `size` bytes. The consumer may keep them. */
export async function* chunksOf(reader: ByteReader, size: number): AsyncGenerator<Uint8Array> {
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(size);
    const count = await reader.read(chunk);
    if (count === 0) return;
    yield chunk.subarray(0, count);
  }
}

/** Reads up to `size` bytes ahead; the returned reader starts with them again. */
export async function peek(reader: ByteReader, size: number): Promise<{ head: Uint8Array; reader: ByteReader }> {
  const buffer = Buffer.allocUnsafe(size);
  const { length, failure } = await fillSome(reader, buffer);
  const head = buffer.subarray(0, length);
  return { head, reader: withHead(reader, head, failure) };
}

async function fillSome(reader: ByteReader, target: Uint8Array): Promise<{ length: number; failure?: unknown }> {
  let length = 0;
  try {
    while (length < target.length) {
      const count = await reader.read(target.subarray(length));
      if (count === 0) break;
      length += count;
    }
    return { length };
  } catch (failure) {
    return { length, failure };
  }
}

function withHead(reader: ByteReader, head: Uint8Array, failure: unknown): ByteReader {
  let at = 0;
  return {
    get storedBytes() {
      return reader.storedBytes;
    },
    async read(target) {
      if (at === head.length) {
        if (failure !== undefined) throw failure;
        return reader.read(target);
      }
      const count = Math.min(target.length, head.length - at);
      target.set(head.subarray(at, at + count));
      at += count;
      return count;
    },
    async skip(count) {
      const step = Math.min(count, head.length - at);
      at += step;
      if (step < count) await reader.skip(count - step);
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
