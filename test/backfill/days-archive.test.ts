import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { expect, test } from 'vitest';
import { backfill, dayEvents } from './backfilling.js';
import { openDayPlace } from './day-place.js';

async function filesIn(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.gz')).toSorted();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

const byText = (a: string, b: string) => (a < b ? -1 : 1);

const digests = (files: ReadonlyMap<string, Buffer>) =>
  [...files].map(([name, bytes]) => `${name} ${createHash('sha256').update(bytes).digest('hex')}`);

const idsIn = (bytes: Buffer) =>
  gunzipSync(bytes)
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).attributes.event_id as string);

test('an archive is filled by days, read back, and written over with the same bytes by another range', async () => {
  const lines = dayEvents(600);
  await using p = await openDayPlace(lines + lines.split('\n').slice(0, 50).join('\n'), () => 'datadog-archive:out');
  const { status, report } = await p.run();
  expect(status).toBe(0);
  expect(report.sinks).toMatchObject([{ name: 'datadog-archive', accepted: 600, duplicate: 50 }]);
  expect(report.partitions.map(({ state, verified }) => [state, verified])).toEqual(Array(3).fill(['done', true]));
  const [day] = report.partitions;
  expect((day?.accepted ?? 0) + (day?.duplicate ?? 0)).toBe(day?.read);
  expect(day?.expected).toMatchObject({ accepted: day?.accepted, duplicate: day?.duplicate });
  const first = await filesIn(join(p.path, 'out'));
  expect([...first.values()].flatMap(idsIn).toSorted(byText)).toEqual(
    Array.from({ length: 600 }, (_, n) => `e${n}`).toSorted(byText),
  );

  const two = ['--since', '2019-07-02', '--until', '2019-07-10'];
  const second = await backfill(['dump.ndjson', '--to', p.target, ...two], p.call);
  expect(second).toMatchObject({ status: 0, report: { sinks: [{ accepted: 400 }] } });
  expect(digests(await filesIn(join(p.path, 'out')))).toEqual(digests(first));
});

test('an archive file that is gone or cut is missed by verify, and retry writes the day again', async () => {
  await using p = await openDayPlace(dayEvents(600), () => 'datadog-archive:out');
  const { report } = await p.run();
  const files = await filesIn(join(p.path, 'out'));
  const [gone = '', cut = ''] = [...files.keys()].filter((name) => name.includes('20190702'));
  await rm(join(p.path, 'out', gone));
  await writeFile(join(p.path, 'out', cut), (files.get(cut) ?? Buffer.alloc(0)).subarray(0, 40));

  const looked = await p.later('verify', report.run);
  expect(looked).toMatchObject({
    status: 1,
    report: { partitions: [{ state: 'done' }, { state: 'failed' }, { state: 'done' }] },
  });
  expect(looked.report.partitions[1]?.evidence).toMatch(/^200 ids in the source, 1\d\d found$/u);
  expect(await p.later('retry', report.run)).toMatchObject({ status: 0, report: { complete: true } });
  expect(await p.later('verify', report.run)).toMatchObject({ status: 0 });
  expect(digests(await filesIn(join(p.path, 'out')))).toEqual(digests(files));
});

test('a bucket is filled by days, and what it holds is read back from it', async () => {
  const server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('archive');
  const endpoint = `http://127.0.0.1:${server.port}`;
  const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  try {
    await using p = await openDayPlace(dayEvents(90), () => 'datadog-archive:s3://archive/logs', {
      AWS_ENDPOINT_URL_S3: endpoint,
      ...keys,
    });
    const { status, report } = await p.run();
    expect(status).toBe(0);
    expect(report.partitions.every(({ state, verified }) => state === 'done' && verified)).toBe(true);
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'archive' }));
    const bodies = Contents.map(async ({ Key }) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: 'archive', Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    });
    expect((await Promise.all(bodies)).flatMap(idsIn)).toHaveLength(90);
    expect(await p.later('verify', report.run)).toMatchObject({ status: 0 });
  } finally {
    await server.stop();
  }
});

test('a file takes the days one after another, each event once, and says that it is not read back', async () => {
  await using p = await openDayPlace(dayEvents(300), () => 'file:out.ndjson');
  const { status, report } = await p.run();
  expect(status).toBe(0);
  expect(report.partitions).toMatchObject(
    Array(3).fill({ state: 'done', verified: false, evidence: expect.stringContaining('delivered; not verifiable') }),
  );
  await p.run('--fresh');
  const text = await readFile(join(p.path, 'out.ndjson'), 'utf8');
  expect(text.trim().split('\n').toSorted()).toEqual(dayEvents(300).trim().split('\n').toSorted());
});
