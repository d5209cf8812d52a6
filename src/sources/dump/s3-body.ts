import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { cannotReach, statusOf } from './s3-errors.js';

/** One object, as it was when it was listed. */
export interface S3Object {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
  readonly label: string;
}

const attempts = 5;

/**
 * The bytes of an object. A body that breaks off is asked for again from the byte that was reached, as long as the
 * object is the same; five times without a byte in between, then it is given up.
 * @throws IncompleteError when it cannot be reached, CannotEvaluateError when it is refused or has changed.
 */
export async function* streamObject(
  object: S3Object,
  progress: { taken: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let failed = 0;
  while (progress.taken < object.bytes) {
    const before = progress.taken;
    try {
      yield* readFrom(object, progress, signal);
      if (progress.taken < object.bytes) throw new Error('the body ended early');
    } catch (cause) {
      signal.throwIfAborted();
      failed = progress.taken > before ? 1 : failed + 1;
      if (failed >= attempts || isFinal(cause)) throw cannotReach(object.label, cause);
      await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** failed));
    }
  }
}

async function* readFrom(
  object: S3Object,
  progress: { taken: number },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { Body: body } = await get(object, progress.taken, signal);
  if (body === undefined) throw new Error('the answer has no body');
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    // In Node a body is a Readable of bytes.
    progress.taken += chunk.length;
    yield chunk;
  }
}

async function get(object: S3Object, from: number, abortSignal: AbortSignal): Promise<GetObjectCommandOutput> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const { client, bucket, key, etag } = object;
  const range = from > 0 ? { Range: `bytes=${from}-` } : {};
  const match = etag === '' ? {} : { IfMatch: etag };
  const command = new GetObjectCommand({ Bucket: bucket, Key: key, ...range, ...match });
  return client.send(command, { abortSignal });
}

/** Whether asking again would get the same answer: the server answered, and blames the request. */
function isFinal(cause: unknown): boolean {
  const status = statusOf(cause);
  return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429;
}
