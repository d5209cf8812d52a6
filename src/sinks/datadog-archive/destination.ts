import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from '../../errors.js';
import { makeFolder } from '../../make-folder.js';

/** Where an archive is written. A file is there whole, or not at all. */
export interface Destination extends AsyncDisposable {
  /** Writes a file under a name with slashes, in place of one that is there. */
  put(name: string, content: Buffer, signal: AbortSignal): Promise<void>;
  /** The content of a file that was written; undefined when it is not there. */
  get(name: string, signal: AbortSignal): Promise<Buffer | undefined>;
}

/** A folder of this machine, made when it is missing. */
export function openFolder(folder: string): Destination {
  return {
    async put(name, content) {
      const path = join(folder, name);
      await makeFolder(dirname(path));
      const draft = `${path}.tmp`;
      const file = await open(draft, 'w', 0o600);
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
      const directory = await open(dirname(path), 'r');
      await directory.sync().finally(() => directory.close());
    },
    get: (name) =>
      readFile(join(folder, name)).catch((error: unknown) => {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }),
    async [Symbol.asyncDispose]() {},
  };
}

/**
 * A prefix of a bucket; credentials and endpoint as the AWS tools find them.
 * @throws UsageError `bad_s3_url`.
 */
export async function openS3(url: string, env: Readonly<Record<string, string | undefined>>): Promise<Destination> {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/su.exec(url) ?? [];
  if (bucket === '') {
    throw new UsageError(`${url}: no bucket is named`, { code: 'bad_s3_url', hint: 'write s3://bucket/prefix' });
  }
  const { GetObjectCommand, PutObjectCommand, S3Client } = await import('@aws-sdk/client-s3');
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = env;
  const hasKeys = accessKeyId !== undefined && secretAccessKey !== undefined;
  const token = sessionToken === undefined ? {} : { sessionToken };
  const client = new S3Client({
    region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
    maxAttempts: 6,
    ...(hasKeys && { credentials: { accessKeyId, secretAccessKey, ...token } }),
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
  });
  const folder = prefix.replace(/\/+$/u, '');
  const placeOf = (name: string) => ({ Bucket: bucket, Key: folder === '' ? name : `${folder}/${name}` });
  return {
    async put(name, content, signal) {
      const command = new PutObjectCommand({ ...placeOf(name), Body: content, ContentType: 'application/gzip' });
      await client.send(command, { abortSignal: signal });
    },
    async get(name, signal) {
      try {
        const { Body } = await client.send(new GetObjectCommand(placeOf(name)), { abortSignal: signal });
        return Body && Buffer.from(await Body.transformToByteArray());
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined;
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}
