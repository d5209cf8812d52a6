import type { S3Client } from '@aws-sdk/client-s3';
import { openClient } from './dump/s3.js';
import { withLetterLines } from './letter-batch.js';
import type { PartFailure, RawBatch, RecordFormat, Source } from './source.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Common to both pointers; words below eight letters with a rare beginning are found ten times as fast as long ones. */
const MARK = 'S3Point';
/** What the extended client of SQS leaves in a message whose body lies in S3, at any depth of escapes. */
const POINTER =
  /\[\s*(\\*)"(?:software\.amazon\.payloadoffloading\.PayloadS3Pointer|com\.amazon\.sqs\.javamessaging\.MessageS3Pointer)\\*"\s*,\s*\{\s*\\*"s3BucketName\\*"\s*:\s*\\*"([^"\\]+)\\*"\s*,\s*\\*"s3Key\\*"\s*:\s*\\*"([^"\\]+)\\*"\s*\}\s*\]/gu;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * A source whose messages have their bodies, also those that lie in S3: each is fetched before the batch goes on. What
 * cannot be fetched is left as it is, and held with its place. Nothing is ever deleted from S3.
 */
export function withFetchedBodies(source: Source, env: Environment): Source {
  const client: { opened?: Promise<S3Client> } = {};
  const fetch = async (bucket: string, key: string) => {
    client.opened ??= openClient(env);
    return bodyOf(await client.opened, bucket, key);
  };
  return new Proxy(source, {
    get: (target, name) => {
      if (name === 'batches') {
        return (...args: Parameters<Source['batches']>) => fetchAll(target.batches(...args), fetch);
      }
      // They would pass by what is fetched.
      if (name === 'handfuls') return undefined;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

type Fetch = (bucket: string, key: string) => Promise<string | undefined>;

async function* fetchAll(
  items: AsyncIterable<RawBatch | PartFailure>,
  fetch: Fetch,
): AsyncGenerator<RawBatch | PartFailure> {
  for await (const item of items) {
    yield item.kind === 'batch' && isText(item.format) && holdsPointer(item.bytes)
      ? await filled(withLetterLines(item), fetch)
      : item;
  }
}

const isText = ({ kind }: RecordFormat) => kind === 'ndjson' || kind === 'letters';

async function filled(batch: RawBatch, fetch: Fetch): Promise<RawBatch> {
  return { ...batch, bytes: await withBodies(batch.bytes, fetch) };
}

function holdsPointer({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  return Buffer.from(buffer, byteOffset, byteLength).includes(MARK);
}

async function withBodies(bytes: Uint8Array, fetch: Fetch): Promise<Uint8Array<ArrayBuffer>> {
  const text = Buffer.from(bytes).toString();
  const bodies = new Map<string, string | undefined>();
  for (const [whole, slashes = '', bucket = '', key = ''] of text.matchAll(POINTER)) {
    if (bodies.has(whole)) continue;
    const body = await fetch(bucket, key);
    bodies.set(whole, body === undefined ? undefined : escaped(body, slashes.length));
  }
  return new Uint8Array(Buffer.from(text.replace(POINTER, (whole) => bodies.get(whole) ?? whole)));
}

/** A text as it stands inside of strings: 1 backslash before a quote is one string around it, 3 are two. */
function escaped(body: string, slashes: number): string {
  let text = slashes === 0 ? body.replaceAll(/[\r\n]/gu, ' ') : body;
  for (let depth = Math.log2(slashes + 1); depth > 0; depth--) text = JSON.stringify(text).slice(1, -1);
  return text;
}

async function bodyOf(client: S3Client, bucket: string, key: string): Promise<string | undefined> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  try {
    const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return ContentLength > MOST_BYTES ? undefined : await Body?.transformToString();
  } catch {
    return undefined;
  }
}
