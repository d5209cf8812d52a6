import { connect } from 'amqplib';
import { describe, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/open.js';
import type { RawBatch, Source } from '../../../src/sources/source.js';
import { folderWith } from '../../support/cli.js';
import { startProxy } from '../../support/tcp-proxy.js';
import { queueContract } from '../queue-contract.js';
import { drain, OPTIONS, openQueueOf } from './draining.js';
import { rabbitmq, rabbitQueue, url } from './rabbitmq.js';

const QUORUM = { 'x-queue-type': 'quorum' };
const signal = new AbortController().signal;
const numbers = (count: number) => Array.from({ length: count }, (_, n) => `{"n":${n}}`);

/** Takes messages with basic.get and lets the connection go: each counts as given back. */
async function giveBack(queue: string, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const connection = await connect(url);
    const channel = await connection.createChannel();
    while ((await channel.get(queue)) !== false);
    await connection.close();
  }
}

/** Takes every message into every sink, and does something between reading and settling a batch. */
async function takeAll(
  source: Source,
  meanwhile: (batch: number) => Promise<unknown> = async () => {},
): Promise<number> {
  let messages = 0;
  let batches = 0;
  for await (const batch of source.batches([], signal)) {
    if (batch.kind === 'failure') throw batch.error;
    const lines = Array.from({ length: batch.lines ?? 0 }, (_, line) => line);
    messages += lines.length;
    await meanwhile(batches++);
    await batch.settle({ takenLines: lines, quarantinedLines: [] });
  }
  return messages;
}

describe.runIf(rabbitmq)('RabbitMQ', () => {
  queueContract('amqp: (classic)', () => rabbitQueue());
  queueContract('amqp: (quorum)', () => rabbitQueue({ ...QUORUM, 'x-delivery-limit': 50 }));
  queueContract('amqp: (stream)', () => rabbitQueue({ 'x-queue-type': 'stream' }), { keepsEverything: true });

  test('a letter tells where, when and why it died', async () => {
    await using queue = await rabbitQueue();
    await queue.send(['{"n":1}']);
    const { letters } = await drain(queue, 'take');

    expect(letters).toMatchObject([
      {
        kind: 'amqp',
        queue: queue.name,
        origin: `${queue.name}-origin`,
        failedAt: expect.stringMatching(/^2\d{3}-/u),
        error: { class: 'expired' },
        headers: { 'x-death': [expect.objectContaining({ reason: 'expired', count: 1 })] },
      },
    ]);
  });

  test('messages without the marks of a dead letter need --live-queue', async () => {
    await using queue = await rabbitQueue();
    await queue.put(numbers(3));

    await expect(drain(queue, 'take')).rejects.toMatchObject({ code: 'live_queue', exitCode: 3 });
    expect((await drain(queue, 'take', { liveQueue: true })).tally).toMatchObject({ acked: 3 });
  });

  test('bodies that are empty, binary or of 1 MB come through as they are', async () => {
    await using queue = await rabbitQueue();
    const large = JSON.stringify({ text: 'x'.repeat(1_000_000) });
    await queue.put(['', Buffer.from([0xff, 0x00]), large], { headers: { 'x-death': [] } });
    const { letters } = await drain(queue, 'take');

    expect(letters).toMatchObject([{ body: '' }, { bodyBase64: '/wA=' }, { body: large }]);
  });

  test('more messages than are received in advance stay, and the rest is drained past them', async () => {
    await using queue = await rabbitQueue();
    await queue.put(numbers(2_500));
    await using source = await openQueueOf(queue, { liveQueue: true });
    let at = 0;
    for await (const batch of source.batches([], signal)) {
      if (batch.kind === 'failure') throw batch.error;
      const lines = Array.from({ length: batch.lines ?? 0 }, (_, line) => line);
      const isBad = lines.map(() => at++ < 1_500);
      await batch.settle({
        takenLines: lines.filter((line) => isBad[line] === false),
        quarantinedLines: lines.filter((line) => isBad[line]),
      });
    }
    expect(source.tally?.()).toMatchObject({ acked: 1_000, left: 1_500 });
    await source[Symbol.asyncDispose]();
    expect(await queue.waiting()).toBe(1_500);
  });

  test('when too many would have to be held back it stops with a clear word, and all of them are still there', async () => {
    await using queue = await rabbitQueue();
    await queue.put(numbers(4_000));

    await expect(drain(queue, 'quarantine', { liveQueue: true })).rejects.toMatchObject({
      code: 'too_many_left',
      hint: expect.stringContaining('--ack-rejected'),
    });
    await expect.poll(queue.waiting).toBe(4_000);
  });

  test('a connection that breaks loses nothing, removes nothing unseen, and the numbers are those of the server', async () => {
    await using queue = await rabbitQueue();
    await queue.put(numbers(6_000));
    await using proxy = await startProxy(url);
    const address = `${proxy.url.replace(/\/$/u, '')}/?queue=${queue.name}`;
    await using source = await openSource([address], { env: {}, queue: { ...OPTIONS, liveQueue: true } });
    const messages = await takeAll(source, async (batch) => batch === 0 && proxy.cutAll());

    expect(messages).toBeGreaterThanOrEqual(6_000);
    expect(source.tally?.()).toMatchObject({ acked: 6_000, left: 0, notes: [expect.stringContaining('broke')] });
    expect(await queue.waiting()).toBe(0);
  });

  test('what was being removed when the connection broke behind the last message is named as coming again', async () => {
    await using queue = await rabbitQueue();
    await queue.put(numbers(300));
    await using proxy = await startProxy(url);
    const address = `${proxy.url.replace(/\/$/u, '')}/?queue=${queue.name}`;
    await using source = await openSource([address], { env: {}, queue: { ...OPTIONS, liveQueue: true } });
    const batches: RawBatch[] = [];
    for await (const batch of source.batches([], signal)) if (batch.kind === 'batch') batches.push(batch);
    proxy.cutAll();
    for (const { settle, lines = 0 } of batches) {
      await settle({ takenLines: Array.from({ length: lines }, (_, line) => line), quarantinedLines: [] });
    }

    expect(source.tally?.()).toMatchObject({
      ...{ acked: 0, left: 300, comesBack: 300 },
      notes: [expect.stringMatching(/^300 messages .* went back into the queue when the connection broke/u)],
    });
    await expect.poll(queue.waiting).toBe(300);
  });

  test('a queue that may not be consumed is told, and not asked for again for ever', async () => {
    await using queue = await rabbitQueue();
    await queue.put(numbers(3));
    const connection = await connect(url);
    const channel = await connection.createChannel();
    await channel.prefetch(1);
    await channel.consume(queue.name, () => {}, { exclusive: true });

    await expect(drain(queue, 'take', { liveQueue: true })).rejects.toMatchObject({ code: 'source_permission_denied' });
    await connection.close();
    await expect.poll(queue.waiting).toBe(3);
  });

  test('a message near its delivery limit is never given back into it: a new copy takes its place', async () => {
    await using queue = await rabbitQueue({ ...QUORUM, 'x-delivery-limit': 3 });
    await queue.send(numbers(3));
    await giveBack(queue.name, 2);
    for (let run = 0; run < 6; run++) await drain(queue, 'quarantine');

    expect(await queue.waiting()).toBe(3);
    const { letters, tally } = await drain(queue, 'take');
    expect(letters.map(({ body }) => body).toSorted()).toEqual(numbers(3));
    expect(letters).toMatchObject(letters.map(() => ({ origin: `${queue.name}-origin`, error: { class: 'expired' } })));
    expect(tally).toMatchObject({ acked: 3, left: 0 });
  });

  test('a mere look at a queue with a delivery limit is refused, and at one without is none', async () => {
    await using limited = await rabbitQueue({ ...QUORUM, 'x-delivery-limit': 3 });
    await using classic = await rabbitQueue();
    await classic.send(numbers(2));

    await expect(openSource([limited.address], { dryRun: true })).rejects.toMatchObject({ code: 'peek_harms' });
    await using source = await openSource([classic.address], { dryRun: true });
    let lines = 0;
    for await (const batch of source.batches([], signal)) lines += batch.kind === 'batch' ? (batch.lines ?? 0) : 0;
    await source[Symbol.asyncDispose]();
    expect(lines).toBe(2);
    expect(await classic.waiting()).toBe(2);
  });

  test('a mere look at more than may be held for it ends with what it has seen, and says so', async () => {
    await using queue = await rabbitQueue();
    await queue.put(numbers(11_000));
    await using source = await openSource([queue.address], { dryRun: true });
    let lines = 0;
    for await (const batch of source.batches([], signal)) {
      if (batch.kind === 'failure') throw batch.error;
      lines += batch.lines ?? 0;
    }
    expect(lines).toBeGreaterThanOrEqual(10_000);
    expect(lines).toBeLessThan(11_000);
    expect(source.notes?.at(-1)).toContain(`only the first ${lines.toLocaleString('en')} of 11,000 messages were`);
    await source[Symbol.asyncDispose]();
    await expect.poll(queue.waiting, { timeout: 20_000 }).toBe(11_000);
  });

  test('before the server takes everything back, it stops by itself', async () => {
    await using queue = await rabbitQueue();
    await queue.put(numbers(1_200));
    const slow = { ...queue, address: `${queue.address}&consumer-timeout=1` };
    await using source = await openQueueOf(slow, { liveQueue: true, follow: true });
    const reading = async () => {
      for await (const batch of source.batches([], signal)) {
        if (batch.kind === 'failure') throw batch.error;
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await batch.settle({ takenLines: [], quarantinedLines: Array.from({ length: batch.lines ?? 0 }, (_, n) => n) });
      }
    };

    await expect(reading()).rejects.toMatchObject({ code: 'consumer_timeout', exitCode: 4 });
  });

  test('a stream goes on where the state folder left off, past what lies in the quarantine', async () => {
    await using queue = await rabbitQueue({ 'x-queue-type': 'stream' });
    await using folder = await folderWith();
    const read = async (settles: boolean) => {
      const context = { env: {}, stateDir: folder.path, queue: OPTIONS };
      await using source = await openSource([queue.address], context);
      let lines = 0;
      for await (const batch of source.batches([], signal)) {
        if (batch.kind === 'failure') throw batch.error;
        lines += batch.lines ?? 0;
        const all = Array.from({ length: batch.lines ?? 0 }, (_, line) => line);
        if (settles) await batch.settle({ takenLines: all.slice(1), quarantinedLines: all.slice(0, 1) });
      }
      return lines;
    };
    await queue.put(numbers(700));
    expect(await read(false)).toBe(700);
    expect(await read(true)).toBe(700);
    await queue.put(numbers(5));
    expect(await read(true)).toBe(5);
    expect(await read(true)).toBe(0);
  });

  test.each([
    [`${url}/?queue=respool-nowhere`, 'source_not_found', 3],
    [`${url}/nowhere?queue=x`, 'source_permission_denied', 2],
    [url.replace('guest:guest', 'guest:hunter2secret').concat('/?queue=x'), 'source_permission_denied', 2],
    ['amqp://guest:hunter2secret@127.0.0.1:1/?queue=x', 'queue_unreachable', 4],
    [`${url}/?queu=x`, 'bad_source_option', 3],
    [`${url}/`, 'bad_source_address', 3],
  ])('%s is told without the password', async (address, code, exitCode) => {
    const error = await openSource([address], { env: {}, queue: OPTIONS }).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code, exitCode });
    expect(String(error)).not.toContain('hunter2secret');
  });
});
