import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderWith, respool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { startSqs } from '../support/sqs.js';

const server = await startSqs();
afterAll(() => server[Symbol.asyncDispose]());

const LETTERS = 60;

/** What Lambda sends to its on-failure destination, over SNS: the event's partition key is null. */
function letter(n: number): string {
  const event = `{"event_id":"e${n}","name":"paid","occurred_at":null,"amount":12345678901234567890.10,"context":{"sent_at":"2026-11-2${n % 3}T10:00:00Z"}}`;
  const error = `null value in column "occurred_at" of relation "events_2026112${n % 3}" violates not-null constraint`;
  const failure = `{"version":"1.0","timestamp":"2026-11-23T08:00:00.000Z","requestContext":{"requestId":"r-${n}","functionArn":"arn:aws:lambda:eu:1:function:ingest","condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":${event},"responsePayload":${JSON.stringify({ errorType: 'NotNullViolation', errorMessage: error })}}`;
  return JSON.stringify({
    Type: 'Notification',
    MessageId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    TopicArn: 'arn:aws:sns:eu:1:dead',
    Message: failure,
    Timestamp: '2026-11-23T08:00:01.000Z',
  });
}

test('a queue stuck on a null partition key is triaged, repaired and drained, once', async () => {
  await using database = await createDatabase();
  await database.query(
    'create table events (event_id text, occurred_at timestamptz not null, name text, amount numeric, primary key (event_id, occurred_at)) partition by range (occurred_at)',
  );
  await using folder = await folderWith();
  const queue = await server.deadLetters('stuck');
  await queue.send(Array.from({ length: LETTERS }, (_, n) => letter(n)));
  const source = 'sqs:stuck?wait=0';
  const call = { cwd: folder.path, env: { ...server.env } };
  const to = ['--to', `${database.url}?table=events`, '--output', 'json'];
  const rows = async () =>
    (await database.query('select count(*)::int as n, sum(amount)::text as amount from events'))[0];

  const triage = await respool(['triage', source, '--output', 'json'], call);
  expect(triage.stderr).not.toContain('error');
  const found = JSON.parse(triage.stdout);
  expect(found).toMatchObject({
    events: LETTERS,
    queue: { ready: LETTERS },
    names: [{ name: 'paid', events: LETTERS }],
  });
  expect(found.signatures).toHaveLength(1);
  expect(found.signatures[0]).toMatchObject({ cause: 'NotNullViolation', sqlstate: '23502', pointer: '/occurred_at' });
  expect(await queue.waiting()).toBe(LETTERS);

  const unmended = await respool(['replay', source, ...to, '--canary', '10,50%'], call);
  expect(JSON.parse(unmended.stdout)).toMatchObject({
    exitCode: 1,
    stoppedBy: { code: 'canary' },
    sinks: [{ accepted: 0 }],
  });
  expect(JSON.parse(unmended.stdout).read).toBeLessThan(LETTERS);
  expect([await rows(), await queue.waiting()]).toEqual([{ n: 0, amount: null }, LETTERS]);

  await writeFile(join(folder.path, 'rules.yaml'), found.signatures[0].proposal);
  const repair = ['--repair', 'rules.yaml'];
  const dry = await respool(['replay', source, ...to, ...repair, '--dry-run'], call);
  expect(JSON.parse(dry.stdout)).toMatchObject({
    read: LETTERS,
    repaired: LETTERS,
    deliverable: LETTERS,
    repairs: [{ rule: '/occurred_at from /context/sent_at', events: LETTERS }],
  });
  expect([await rows(), await queue.waiting()]).toEqual([{ n: 0, amount: null }, LETTERS]);

  const snapshot = ['--snapshot', 'letters.ndjson'];
  const drained = await respool(['replay', source, ...to, ...repair, ...snapshot, '--canary', '10,50%'], call);
  expect(JSON.parse(drained.stdout)).toMatchObject({
    exitCode: 0,
    balanced: true,
    repaired: LETTERS,
    sinks: [{ accepted: LETTERS }],
    source: { acked: LETTERS, left: 0 },
  });
  const all = { n: LETTERS, amount: '740740734074074073406.00' };
  expect([await rows(), await queue.waiting()]).toEqual([all, 0]);

  const again = await respool(['replay', source, ...to, ...repair], call);
  expect(JSON.parse(again.stdout)).toMatchObject({ exitCode: 0, read: 0 });
  const kept = await respool(['replay', 'letters.ndjson', ...to, ...repair], call);
  expect(JSON.parse(kept.stdout)).toMatchObject({ exitCode: 0, sinks: [{ accepted: 0, duplicate: LETTERS }] });
  expect(await rows()).toEqual(all);
}, 120_000);

test('a sink that needs every event before it sends is refused a queue, and nothing is touched', async () => {
  await using folder = await folderWith();
  const queue = await server.deadLetters('totals');
  await queue.send([letter(1)]);
  const env = { ...server.env, DD_API_KEY: 'dd-api-key' };
  for (const sink of ['datadog-metrics:?endpoint=http://127.0.0.1:1&rule.paid.value=/amount', 'datadog-archive:out']) {
    const args = ['replay', 'sqs:totals?wait=0', '--to', sink, '--yes'];
    const { status, stderr } = await respool(args, { cwd: folder.path, env });
    expect(stderr).toContain('sends only once it has seen every event');
    expect(stderr).toContain('--snapshot letters.ndjson');
    expect(status).toBe(3);
  }
  expect(await queue.waiting()).toBe(1);
});
