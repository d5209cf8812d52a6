import type { S3Client } from '@aws-sdk/client-s3';
import { UsageError } from '../../errors.js';
import { readChunks, type StoredFile } from './byte-reader.js';
import { streamObject } from './s3-body.js';
import { cannotReach } from './s3-errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Lists the objects that `s3://bucket/prefix` stands for: the object of that very name, or all whose names begin with
 * it, by code points. Works with every S3 endpoint named by `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`.
 * @throws UsageError when there are none, CannotEvaluateError when the bucket refuses.
 */
export async function locateObjects(url: string, env: Environment): Promise<readonly StoredFile[]> {
  const { bucket, prefix } = parseUrl(url);
  const client = await openClient(env);
  const objects = await list(client, bucket, prefix).catch((cause) => {
    throw cannotReach(url, cause);
  });
  const exact = objects.filter(({ key }) => key === prefix);
  const chosen = exact.length > 0 ? exact : objects.filter(({ key }) => !isHidden(key));
  if (chosen.length > 0) return chosen.map((object) => storedObject(client, bucket, object));
  throw new UsageError(`${url}: no object has this name or begins with it`, {
    code: 'source_not_found',
    hint: `list the bucket: aws s3 ls s3://${bucket}/`,
  });
}

/**
 * An object as another process listed it, without another listing.
 * @param fingerprint as the listing gave it; the object is read only while it is the same.
 */
export async function listedObject(url: string, { bytes, fingerprint, env }: Listed): Promise<StoredFile> {
  const { bucket, prefix: key } = parseUrl(url);
  const etag = /^s3:\d+:(.*)$/su.exec(fingerprint)?.[1] ?? '';
  return storedObject(await openClient(env), bucket, { key, bytes, etag });
}

interface Listed {
  readonly bytes: number;
  readonly fingerprint: string;
  readonly env: Environment;
}

function parseUrl(url: string): { bucket: string; prefix: string } {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/su.exec(url);
  if (match?.[1] !== undefined) return { bucket: match[1], prefix: match[2] ?? '' };
  throw new UsageError(`${url}: names no bucket`, { code: 'bad_s3_url', hint: 'write s3://bucket/prefix' });
}

/** A client for the endpoint and the keys of the environment. */
export async function openClient(env: Environment): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = env;
  const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
  const sessionToken = AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: AWS_SESSION_TOKEN };
  return new S3Client({
    region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(hasKeys ? { credentials: { accessKeyId, secretAccessKey, ...sessionToken } } : {}),
  });
}

/** An object as a listing names it. */
interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
}

async function list(client: S3Client, bucket: string, prefix: string): Promise<ListedObject[]> {
  const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
  const objects: ListedObject[] = [];
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix })) {
    for (const { Key: key = '', Size: bytes = 0, ETag: etag = '' } of page.Contents ?? []) {
      if (!key.endsWith('/')) objects.push({ key, bytes, etag });
    }
  }
  return objects.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}

function isHidden(key: string): boolean {
  return key.split('/').some((name) => name.startsWith('.'));
}

function storedObject(client: S3Client, bucket: string, { key, bytes, etag }: ListedObject): StoredFile {
  const label = `s3://${bucket}/${key}`;
  return {
    label,
    bytes,
    url: label,
    fingerprint: async () => `s3:${bytes}:${etag}`,
    async open(signal) {
      const progress = { taken: 0 };
      const chunks = streamObject({ client, bucket, key, bytes, etag, label }, progress, signal);
      return readChunks(chunks, () => progress.taken);
    },
  };
}
