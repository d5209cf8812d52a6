import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderWith, respool } from '../support/cli.js';
import { startSqs } from '../support/sqs.js';

const server = await startSqs();
afterAll(() => server[Symbol.asyncDispose]());

const SCHEMA = JSON.stringify({
  type: 'object',
  required: ['event_id', 'at'],
  properties: { event_id: { type: 'string' }, at: { type: 'string', format: 'date-time' } },
});
const LETTERS = [
  '{"event_id":"a","at":null,"context":{"sent_at":"2026-11-20T10:00:00Z"}}',
  '{"event_id":"b","at":"2026-11-20T10:00:00Z"}',
];

/** A queue with two letters and a folder with their schema. */
async function stuck(name: string, retentionSeconds: number) {
  const queue = await server.deadLetters(name, { MessageRetentionPeriod: String(retentionSeconds) });
  await queue.send(LETTERS);
  const folder = await folderWith({ 'event.schema.json': SCHEMA });
  const call = { cwd: folder.path, env: server.env };
  return { queue, folder, triage: (...words: string[]) => respool(['triage', `sqs:${name}?wait=0`, ...words], call) };
}

test('triage says when the first letter expires, and warns when that is soon', async () => {
  const { triage, folder } = await stuck('expiring', 3_600);
  await using _ = folder;
  const { stdout } = await triage('--output', 'json');
  const { queue, warnings, firstSeen } = JSON.parse(stdout);

  expect(Date.parse(queue.firstExpires) - Date.parse(queue.oldest)).toBe(3_600_000);
  expect(queue.oldest).toBe(firstSeen);
  expect(queue.firstExpiresInMs).toBeGreaterThan(3_000_000);
  expect(queue.firstExpiresInMs).toBeLessThanOrEqual(3_600_000);
  expect(warnings).toEqual([
    expect.stringMatching(/^the queue removes its first letters in 59 min .*--export letters/u),
  ]);

  const table = (await triage()).stdout.replaceAll(/\s+/gu, ' ');
  expect(table).toContain('the first expires in 59 min');
  expect(table).toContain('warning: the queue removes its first letters in 59 min');
});

test('the next commands read letters as this one did, and only a signature of theirs is exported', async () => {
  const { triage, folder } = await stuck('hinting', 1_209_600);
  await using _ = folder;
  const schema = ['--schema', 'event.schema.json'];
  const found = JSON.parse((await triage(...schema, '--output', 'json')).stdout);
  const [first] = found.signatures;
  const { command } = found.next.at(-1);

  expect(found).toMatchObject({ events: 2, valid: 1, warnings: [] });
  expect(command).toContain('--schema event.schema.json --signature');
  expect(found.next[0].command).toContain('--schema event.schema.json --repair rules.yaml --dry-run');

  const wrong = await triage('--signature', 'a1b2c3d4', '--output', 'json');
  expect(JSON.parse(wrong.stdout)).toMatchObject({
    signatures: [],
    signaturesFound: 1,
    warnings: [expect.stringContaining('there is no letter of signature a1b2c3d4; those found are ')],
  });

  const exported = await triage(...schema, '--signature', first.id, '--export', 'one.ndjson');
  expect(exported.stdout).toMatch(
    /^1 of 2 events, in 1 of 2 failure signatures\nthe schema accepts 1 as it is, and not the other 1\n/u,
  );
  expect(exported.stdout).toContain('1 letter written to one.ndjson');
  expect((await readFile(join(folder.path, 'one.ndjson'), 'utf8')).trim().split('\n')).toHaveLength(1);

  expect(await triage('--export', 'one.ndjson')).toMatchObject({
    status: 3,
    stderr: expect.stringMatching(/one\.ndjson is there already.*\nhint: name another file with --export/u),
  });
  expect(await triage('--export', 'nowhere/one.ndjson')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('the letters cannot be written to'),
  });
});
