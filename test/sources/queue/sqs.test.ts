import { setTimeout } from 'node:timers/promises';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, expect, test } from 'vitest';
import { openSource } from '../../../src/sources/open.js';
import { startSqs } from '../../support/sqs.js';
import { queueContract } from '../queue-contract.js';

const server = await startSqs();
afterAll(() => server[Symbol.asyncDispose]());
let made = 0;

async function make(suffix = '') {
  const queue = await server.deadLetters(`letters-${++made}${suffix}`);
  const options = 'wait=0&pollers=2';
  return { ...queue, address: `sqs:${queue.name}?${options}`, env: server.env, [Symbol.asyncDispose]: async () => {} };
}

queueContract('sqs, standard', () => make());
queueContract('sqs, FIFO', () => make('.fifo'), { keepsOrder: true });

const queue = { follow: false, keep: false, ackRejected: false, liveQueue: false, snapshot: undefined };
const { env } = server;

test('a queue that does not exist is an error of usage that says what to check', async () => {
  await expect(openSource(['sqs:nowhere'], { env, queue })).rejects.toMatchObject({
    code: 'source_not_found',
    exitCode: 3,
    hint: expect.stringContaining('AWS_REGION'),
  });
});

test('an address with an unknown option says which ones there are', async () => {
  await expect(openSource(['sqs:x?poller=2'], { env, queue })).rejects.toMatchObject({
    code: 'bad_source_address',
    hint: 'did you mean pollers?',
  });
});

test('a message of a FIFO queue that stays holds back its group, and the run ends all the same', async () => {
  await using dead = await make('.fifo');
  await dead.send(Array.from({ length: 10 }, (_, n) => `{"n":${n}}`));
  await using source = await openSource([dead.address], { env, queue });
  let isFirst = true;
  for await (const batch of source.batches([], new AbortController().signal)) {
    if (batch.kind === 'failure') throw batch.error;
    const lines = Array.from({ length: batch.lines ?? 0 }, (_, line) => line);
    await batch.settle(
      isFirst ? { takenLines: lines.slice(1), quarantinedLines: [0] } : { takenLines: lines, quarantinedLines: [] },
    );
    isFirst = false;
  }

  expect(source.tally?.()).toMatchObject({ acked: 8, left: 1, notes: [expect.stringContaining('waiting behind')] });
});

test('messages without marks, in a queue that no other sends its dead letters to, are refused', async () => {
  const { QueueUrl } = await server.client.send(new CreateQueueCommand({ QueueName: 'live' }));
  await server.client.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
  const read = async (options: Partial<typeof queue>) => {
    await using source = await openSource(['sqs:live?wait=0'], { env, queue: { ...queue, ...options } });
    let messages = 0;
    for await (const batch of source.batches([], new AbortController().signal)) {
      if (batch.kind === 'failure') throw batch.error;
      messages += batch.lines ?? 0;
    }
    return messages;
  };

  await expect(read({})).rejects.toMatchObject({ code: 'live_queue', exitCode: 3 });
  expect(await read({ liveQueue: true })).toBe(1);
});

test('a receive that waits at the server when a run stops takes no message with it', async () => {
  const dead = await server.deadLetters('stopped');
  const stop = new AbortController();
  {
    await using source = await openSource([`sqs:${dead.name}?wait=2`], { env, queue: { ...queue, follow: true } });
    const reading = source.batches([], stop.signal)[Symbol.asyncIterator]().next();
    await setTimeout(500);
    stop.abort();
    await expect(reading).rejects.toThrow();
    await dead.send(['{"n":1}', '{"n":2}', '{"n":3}']);
  }
  const { Attributes } = await server.client.send(
    new GetQueueAttributesCommand({ QueueUrl: dead.url, AttributeNames: ['All'] }),
  );

  expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '3', ApproximateNumberOfMessagesNotVisible: '0' });
});
