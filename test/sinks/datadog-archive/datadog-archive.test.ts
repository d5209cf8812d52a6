import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { expect, test } from 'vitest';
import { openDatadogArchive } from '../../../src/sinks/datadog-archive/datadog-archive.js';
import { openSpill } from '../../../src/sinks/datadog-archive/spill.js';
import { deliver, deliveryOf, fieldsOf } from '../../support/batches.js';
import { folderWith, respool } from '../../support/cli.js';
import { forOneRun } from '../../support/gathering.js';
import { sinkContract } from '../contract.js';

const signal = new AbortController().signal;
const event = (n: number, time = Date.UTC(2019, 6, 1, 0, n)) => ({
  event_id: `e-${n}`,
  name: 'measured',
  occurred_at: new Date(time).toISOString(),
  n,
});
const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => event(from + i));

async function open(folder: string, { query = '', selection }: { query?: string; selection?: string } = {}) {
  return openDatadogArchive(`datadog-archive:${join(folder, 'archive')}${query}`, {
    fields: fieldsOf(),
    jobs: 1,
    env: {},
    signal,
    scratch: join(folder, 'scratch'),
    ...(selection !== undefined && { selection }),
  });
}

/** Everything in the archive: names and lines. */
async function read(folder: string) {
  const names = (await readdir(join(folder, 'archive'), { recursive: true }).catch(() => [] as string[]))
    .filter((name) => name.endsWith('.gz'))
    .sort();
  const bytes = await Promise.all(names.map((name) => readFile(join(folder, 'archive', name))));
  const lines = bytes.flatMap((each) => gunzipSync(each).toString().split('\n').slice(0, -1));
  return {
    names,
    bytes: bytes.map((each) => each.toString('base64')),
    logs: lines.map((line) => JSON.parse(line)),
    lines,
  };
}

sinkContract('datadog-archive', async () => {
  const folder = await folderWith();
  const sink = await forOneRun(await open(folder.path), folder.path);
  return {
    sink,
    good: (from, count) => deliveryOf(sink, range(from, count)),
    withRefused: () => deliveryOf(sink, [...range(0, 2), { ...event(2), occurred_at: null }, ...range(3, 2)]),
    async held() {
      await sink.finish?.(signal);
      return new Set((await read(folder.path)).logs.map(({ attributes }) => attributes.event_id)).size;
    },
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
});

test('logs lie by day and hour under names as Datadog gives them, the event whole in their attributes', async () => {
  await using folder = await folderWith();
  await using sink = await open(folder.path, { query: '?service=web&tags=env:prod&status=/level', selection: 'abc' });
  const big =
    '{"event_id":"b","name":"x","occurred_at":"2019-07-01T23:59:59.987Z","level":"warn",\n"n":12345678901234567890}';
  await deliver(sink, [event(1, Date.UTC(2019, 6, 2, 0, 5)), big]);
  expect((await read(folder.path)).names).toEqual([]);
  await sink.finish?.(signal);

  const { names, logs, lines } = await read(folder.path);
  expect(names).toEqual([
    expect.stringMatching(
      /^dt=20190701\/hour=23\/archive_235959\.9870\.[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f-]{21}\.json\.gz$/u,
    ),
    expect.stringMatching(/^dt=20190702\/hour=00\/archive_000500\.0000\.[0-9a-f-]{36}\.json\.gz$/u),
  ]);
  expect(logs[0]).toMatchObject({
    ...{ date: '2019-07-01T23:59:59.987Z', service: 'web', source: 'respool', status: 'warn', message: 'x' },
    ...{ tags: ['env:prod'], attributes: { event_id: 'b' } },
  });
  expect(lines[0]).toContain('"n":12345678901234567890');
});

test('names and bytes do not depend on how the events come in batches', async () => {
  const write = async (sizes: readonly number[]) => {
    await using folder = await folderWith();
    await using sink = await forOneRun(await open(folder.path, { selection: 'abc' }), folder.path);
    const all = range(0, 300);
    const batches: object[][] = [];
    for (let at = 0, n = 0; at < all.length; n++) {
      const size = sizes[n % sizes.length] ?? 1;
      batches.push(all.slice(at, at + size));
      at += size;
    }
    // Several at once, as a lane hands them over.
    await Promise.all(batches.map((batch) => deliver(sink, batch)));
    await sink.finish?.(signal);
    const { names, bytes } = await read(folder.path);
    return { names, bytes };
  };
  const once = await write([300]);
  expect(once.names).toHaveLength(5);
  expect(await write([1, 7, 50])).toEqual(once);
});

test('pieces of an hour end at lines, at the same ones however they were added', async () => {
  await using folder = await folderWith();
  const lines = Array.from({ length: 500 }, (_, n) => Buffer.from(`${'x'.repeat(n % 37)}\n`));
  const piecesOf = async (name: string, addAll: (add: (line: Buffer) => void) => void) => {
    const spill = openSpill(join(folder.path, name));
    addAll((line) => spill.add(7, line));
    const pieces: string[] = [];
    for await (const piece of spill.pieces(7, 1_000)) pieces.push(piece.toString());
    return pieces;
  };
  const pieces = await piecesOf('one', (add) => lines.forEach(add));
  expect(pieces.join('')).toBe(Buffer.concat(lines).toString());
  expect(pieces.length).toBeGreaterThan(5);
  for (const piece of pieces.slice(0, -1)) {
    expect(piece.endsWith('\n')).toBe(true);
    expect(piece.length).toBeGreaterThanOrEqual(1_000);
  }
  expect(await piecesOf('two', (add) => add(Buffer.concat(lines)))).toEqual(pieces);
});

test('without a source that can be recognised, other events get other files', async () => {
  await using folder = await folderWith();
  for (const events of [range(0, 2), range(2, 2), range(0, 2)]) {
    await using sink = await open(folder.path);
    await deliver(sink, events);
    await sink.finish?.(signal);
  }
  const { names, logs } = await read(folder.path);
  expect(names).toHaveLength(2);
  expect(logs).toHaveLength(4);
});

test('a replay that is repeated writes the same files; --dry-run writes none; an event that comes twice is there once', async () => {
  const lines = [...range(0, 90), event(5)].map((each) => JSON.stringify(each));
  await using folder = await folderWith({ 'dump.ndjson': `${lines.join('\n')}\n` });
  const call = (...more: readonly string[]) =>
    respool(['replay', 'dump.ndjson', '--to', 'datadog-archive:archive', '--output', 'json', ...more], {
      cwd: folder.path,
    });
  expect((await call('--dry-run')).status).toBe(0);
  expect((await read(folder.path)).names).toEqual([]);

  const first = JSON.parse((await call()).stdout);
  expect(first).toMatchObject({ complete: true, balanced: true, sinks: [{ accepted: 90, duplicate: 1, unsent: 0 }] });
  const before = await read(folder.path);
  expect(before.logs).toHaveLength(90);
  await call('--jobs', '1', '--batch', '7');
  expect(await read(folder.path)).toEqual(before);
}, 60_000);

test('a place that cannot be written leaves the run unfinished, its events unsent, and the same command goes on', async () => {
  await using folder = await folderWith({
    'dump.ndjson': `${JSON.stringify(event(1))}\n`,
    archive: 'a file where the folder should be',
  });
  const call = (...to: readonly string[]) =>
    respool(['replay', 'dump.ndjson', '--output', 'json', ...to.flatMap((each) => ['--to', each])], {
      cwd: folder.path,
    });
  const sinks = ['file:out.ndjson', 'datadog-archive:archive'];
  const { status, stdout } = await call(...sinks);
  expect(status).not.toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ complete: false, balanced: true },
    sinks: [{ accepted: 1 }, { accepted: 0, unsent: 1 }],
  });

  await rm(join(folder.path, 'archive'));
  const again = await call(...sinks);
  expect(again.status).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({
    ...{ complete: true, resumed: 1 },
    sinks: [{ accepted: 1, duplicate: 0 }, { accepted: 1 }],
  });
}, 60_000);

test('an archive in a bucket has the same names and bytes as one in a folder', async () => {
  const server = await startFauxqs({ port: 0, logger: false });
  server.createBucket('archive');
  await using folder = await folderWith();
  const env = {
    ...{ AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${server.port}` },
    ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
  };
  const context = { fields: fieldsOf(), jobs: 1, env, signal, scratch: join(folder.path, 's3'), selection: 'abc' };
  try {
    for (const sink of [
      await openDatadogArchive('datadog-archive:s3://archive/logs/', context),
      await open(folder.path, { selection: 'abc' }),
    ]) {
      await deliver(sink, range(0, 100));
      await sink.finish?.(signal);
      await sink[Symbol.asyncDispose]();
    }
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new S3Client({
      endpoint: env.AWS_ENDPOINT_URL_S3,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
    });
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'archive' }));
    const { names, bytes } = await read(folder.path);
    expect(Contents.map(({ Key }) => Key)).toEqual(names.map((name) => `logs/${name}`));
    const object = await client.send(new GetObjectCommand({ Bucket: 'archive', Key: `logs/${names[0]}` }));
    expect(await object.Body?.transformToString('base64')).toBe(bytes[0]);
    const missing = await openDatadogArchive('datadog-archive:s3://nowhere/logs', context);
    await deliver(missing, range(0, 1));
    await expect(missing.finish?.(signal)).rejects.toMatchObject({ cure: 'mend' });
  } finally {
    await server.stop();
  }
}, 60_000);

test('an address without a place and an unknown option are refused', async () => {
  await using folder = await folderWith();
  await expect(open(folder.path, { query: '?servce=x' })).rejects.toMatchObject({ code: 'bad_sink_option' });
  const context = { fields: fieldsOf(), jobs: 1, env: {}, signal };
  await expect(openDatadogArchive('datadog-archive:', context)).rejects.toMatchObject({ code: 'bad_sink_address' });
});
