import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateQueueCommand, GetQueueAttributesCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, expect, test } from 'vitest';
import type { ReplayReport } from '../../../src/report/report.js';
import { folderWith, respool } from '../../support/cli.js';
import { createDatabase } from '../../support/postgres.js';
import { startSqs } from '../../support/sqs.js';

const server = await startSqs();
afterAll(() => server[Symbol.asyncDispose]());
const bodies = [
  ...Array.from(
    { length: 20 },
    (_, n) => `{"event_id":"e${n}","name":"tide","occurred_at":"2019-07-01T00:00:0${n % 10}Z"}`,
  ),
  ...[
    '',
    '{"event_id":"cut',
    'no JSON at all',
    '--- !ruby/object:Job\nid: 7\n',
    `{"event_id":"big","occurred_at":"2019-07-01T00:00:00Z","text":"${'x'.repeat(900_000)}"}`,
  ],
].filter((body) => body !== '');
const POISON = 3;
const byText = (a: string, b: string) => (a < b ? -1 : 1);

async function replay(args: readonly string[]) {
  const { stdout, stderr, status } = await respool(['replay', ...args, '--output', 'json', '-q'], { env: server.env });
  const report: ReplayReport | undefined = stdout === '' ? undefined : JSON.parse(stdout);
  return { report, stderr, status };
}

test('a queue is looked at, kept, snapshotted, drained, and drained of what lies in the quarantine', async () => {
  await using database = await createDatabase();
  await using folder = await folderWith();
  const dead = await server.deadLetters('story-dlq');
  await dead.send(bodies);
  const snapshot = join(folder.path, 'letters.ndjson');
  const queue = 'sqs:story-dlq?wait=0&pollers=2';
  const to = ['--to', `${database.url}?table=events`, '--state-dir', join(folder.path, 'state')];
  const rows = async () => (await database.query('select count(*)::int as rows from events'))[0]?.rows;
  const events = bodies.length - POISON;

  const look = await replay([queue, ...to, '--dry-run']);
  expect(look).toMatchObject({ status: 1, report: { read: bodies.length, undecodable: POISON } });
  expect(await dead.waiting()).toBe(bodies.length);

  const kept = await replay([queue, ...to, '--keep', '--snapshot', snapshot]);
  expect(kept.report).toMatchObject({
    balanced: true,
    sinks: [{ accepted: events }],
    source: { acked: 0, left: bodies.length },
  });
  expect(await dead.waiting()).toBe(bodies.length);
  expect(await rows()).toBe(events);

  const drained = await replay([queue, ...to, '--snapshot', snapshot]);
  expect(drained).toMatchObject({ status: 1, report: { balanced: true, sinks: [{ duplicate: events }] } });
  expect(drained.report?.source).toMatchObject({ acked: events, left: POISON });
  expect(await dead.waiting()).toBe(POISON);
  const letters = (await readFile(snapshot, 'utf8')).trimEnd().split('\n');
  expect(letters.map((line) => JSON.parse(line).body).toSorted(byText)).toEqual(bodies.toSorted(byText));

  const quarantined = (await readFile(drained.report?.quarantine?.path ?? '', 'utf8')).trimEnd().split('\n');
  expect(quarantined).toHaveLength(POISON);
  for (const line of quarantined)
    expect(JSON.parse(line).layers).toMatchObject([{ kind: 'sqs', id: expect.any(String) }]);

  const again = await replay([snapshot, ...to]);
  expect(again.report).toMatchObject({
    read: bodies.length,
    undecodable: POISON,
    sinks: [{ accepted: 0, duplicate: events }],
  });

  const unasked = await replay([queue, ...to, '--ack-rejected']);
  expect(unasked).toMatchObject({ status: 3, stderr: expect.stringContaining('--yes') });
  const cleared = await replay([queue, ...to, '--ack-rejected', '--yes']);
  expect(cleared.report?.source).toMatchObject({ acked: POISON, left: 0 });
  expect(await dead.waiting()).toBe(0);
}, 60_000);

test('with --limit the same command takes the next ones, and says what becomes of those that were refused', async () => {
  await using database = await createDatabase();
  await using folder = await folderWith();
  const dead = await server.deadLetters('limited-dlq');
  const to = ['--to', `${database.url}?table=events`, '--state-dir', join(folder.path, 'state'), '--limit', '2'];
  const next = async () => (await replay(['sqs:limited-dlq?wait=0', ...to])).report?.next?.[0];

  await dead.send(bodies.slice(0, 3));
  expect(await next()).toMatchObject({ command: expect.stringContaining('--limit 2'), why: 'takes the next ones' });
  expect(await dead.waiting()).toBe(1);
  expect(await next()).toBeUndefined();

  await dead.send([1, 2, 3].map((n) => `{"event_id":"n${n}","occurred_at":null}`));
  expect(await next()).toMatchObject({ why: expect.stringContaining('--ack-rejected') });
}, 60_000);

test('a live queue is refused, and so is a look at a queue that counts receives', async () => {
  const { QueueUrl } = await server.client.send(new CreateQueueCommand({ QueueName: 'orders-live' }));
  await using folder = await folderWith();
  const dead = await server.deadLetters('orders-parking');
  await dead.send(bodies.slice(0, 3));
  const arn = await server.client.send(
    new GetQueueAttributesCommand({ QueueUrl: QueueUrl ?? '', AttributeNames: ['QueueArn'] }),
  );
  const policy = { deadLetterTargetArn: arn.Attributes?.QueueArn, maxReceiveCount: 2 };
  await server.client.send(
    new SetQueueAttributesCommand({ QueueUrl: dead.url, Attributes: { RedrivePolicy: JSON.stringify(policy) } }),
  );
  const state = ['--state-dir', join(folder.path, 'state'), '--to', `file:${join(folder.path, 'out.ndjson')}`];

  const look = await replay(['sqs:orders-parking?wait=0', ...state, '--dry-run']);
  expect(look).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('after 2 it moves a message on to orders-live'),
  });

  const gone = await replay(['sqs:nothing-there', ...state]);
  expect(gone).toMatchObject({ status: 3, stderr: expect.stringContaining('there is no such queue') });
});
