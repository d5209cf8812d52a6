import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { afterAll, expect, test } from 'vitest';
import { openSource } from '../../src/sources/open.js';
import { folderWith } from '../support/cli.js';
import { unwrapAll } from './envelope/preparing.js';

const server = await startFauxqs({ port: 0, logger: false });
const endpoint = `http://127.0.0.1:${server.port}`;
const client = new S3Client({
  endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

test('a body that the extended client left in S3 is fetched, however deep its pointer stands; one that is gone is held', async () => {
  await client.send(new CreateBucketCommand({ Bucket: 'bodies' }));
  const body = '{"event_id":"a1","note":"a \\"quote\\"\\n","n":12345678901234567890}';
  await client.send(new PutObjectCommand({ Bucket: 'bodies', Key: 'k1', Body: body }));
  const pointer = (key: string) =>
    JSON.stringify(['software.amazon.payloadoffloading.PayloadS3Pointer', { s3BucketName: 'bodies', s3Key: key }]);
  const letter = (text: string, id: number) =>
    JSON.stringify({
      respool: 'letter/1',
      kind: 'sqs',
      queue: 'q',
      id: `00000000-0000-4000-8000-00000000000${id}`,
      body: text,
    });
  const sns = JSON.stringify({ Type: 'Notification', MessageId: 'm', TopicArn: 't', Message: pointer('k1') });
  const lines = [letter(pointer('k1'), 1), letter(sns, 2), letter(pointer('gone'), 3), '{"event_id":"plain"}'];
  await using folder = await folderWith({ 'in.ndjson': `${lines.join('\n')}\n` });
  const env = { AWS_ENDPOINT_URL: endpoint, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  await using source = await openSource([`${folder.path}/in.ndjson`], { env, fetchesBodies: true });
  const texts: string[] = [];
  for await (const item of source.batches([], new AbortController().signal)) {
    if (item.kind === 'failure') throw item.error;
    texts.push(Buffer.from(item.bytes).toString());
  }

  const { events, held } = await unwrapAll(texts.join(''));
  expect(events.map(({ text }) => text)).toEqual([body, body, '{"event_id":"plain"}']);
  expect(held.map(({ line, code }) => [line, code])).toEqual([[3, 's3_pointer']]);
});
