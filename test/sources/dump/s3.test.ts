import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/open.js';
import { describeSource } from '../contract.js';
import { readSource, textsOf } from '../reading.js';

const server = await startFauxqs({ port: 0, logger: false });
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const env = {
  AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${server.port}`,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
};
const lines = Array.from({ length: 2000 }, (_, id) => `{"id":${id}}`);
const text = `${lines.join('\n')}\n`;

beforeAll(async () => {
  server.createBucket('events');
  await put('logs/2.ndjson', text);
  await put('logs/1.ndjson.gz', gzipSync(text));
  await put('logs/.hidden', text);
  await put('logs/folder/', '');
  await put('exact', '{"id":"exact"}\n');
  await put('exact.bak', '{"id":"bak"}\n');
});
afterAll(() => server.stop());

async function put(key: string, body: string | Uint8Array): Promise<void> {
  const endpoint = env.AWS_ENDPOINT_URL_S3;
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new PutObjectCommand({ Bucket: 'events', Key: key, Body: body }));
}

describeSource({
  name: 'a bucket',
  open: () => openSource(['s3://events/logs/'], { env, batchBytes: 5000 }),
  expected: [...lines, ...lines],
});

test('an object of that very name is taken alone', async () => {
  await using source = await openSource(['s3://events/exact'], { env });

  expect(textsOf(await readSource(source))).toEqual(['{"id":"exact"}']);
});

test('a prefix without objects and a bucket that is not there are errors of usage', async () => {
  await expect(openSource(['s3://events/nothing'], { env })).rejects.toMatchObject({ code: 'source_not_found' });
  await expect(openSource(['s3://nowhere/x'], { env })).rejects.toMatchObject({
    code: 'source_not_found',
    exitCode: 3,
  });
  await expect(openSource(['s3:///x'], { env })).rejects.toMatchObject({ code: 'bad_s3_url' });
});

test('a body that breaks off is asked for again from the byte that was reached', async () => {
  const body = Buffer.from(text);
  const ranges: (string | undefined)[] = [];
  const flaky = createServer((request, response) => {
    if (request.url?.includes('list-type')) {
      response.setHeader('content-type', 'application/xml');
      response.end(
        `<ListBucketResult><Contents><Key>a</Key><Size>${body.length}</Size><ETag>"1"</ETag></Contents></ListBucketResult>`,
      );
      return;
    }
    const { range } = request.headers;
    ranges.push(range);
    const from = Number(/bytes=(\d+)-/u.exec(range ?? '')?.[1] ?? 0);
    response.writeHead(range ? 206 : 200, { 'content-length': body.length - from, etag: '"1"' });
    response.write(body.subarray(from, from + 9000), () => {
      if (from + 9000 >= body.length) response.end();
      else setTimeout(() => response.destroy(), 20);
    });
  });
  await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve));
  const { port } = flaky.address() as AddressInfo; // listening on TCP
  await using source = await openSource(['s3://b/a'], {
    env: { ...env, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` },
  });
  const reading = await readSource(source);
  flaky.close();

  expect(textsOf(reading)).toEqual(lines);
  expect(ranges).toEqual([undefined, 'bytes=9000-', 'bytes=18000-']);
});

test('an endpoint that does not answer is named, and a rerun is advised', async () => {
  const opening = openSource(['s3://events/x'], { env: { ...env, AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' } });

  await expect(opening).rejects.toMatchObject({ code: 's3_unreachable', exitCode: 4 });
});
