import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { ReplayReport } from '../../src/report/report.js';
import { folderWith } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { startSqs } from '../support/sqs.js';
import { startFaultySqs } from '../support/sqs-faults.js';

const bin = fileURLToPath(new URL('../../bin/respool.js', import.meta.url));
const MESSAGES = 10_000;
const PROCESSES = 3;
const KILLS = Number(process.env.RESPOOL_CHAOS_QUEUE_KILLS ?? 10);
const isBroken = (n: number) => n % 100 === 7;
const isInvalid = (n: number) => n % 100 === 53;
const isPoison = (n: number) => isBroken(n) || isInvalid(n);

test('a queue that several processes drain, killed and struck by faults, loses no message and delivers none twice', async () => {
  await using server = await startSqs();
  const seed = { value: Date.now() % 1_000_003 };
  console.error(`seed ${seed.value}`);
  const random = () => {
    seed.value = (seed.value * 48_271) % 2_147_483_647;
    return seed.value / 2_147_483_647;
  };
  await using proxy = await startFaultySqs(server.endpoint, random);
  await using database = await createDatabase();
  await using folder = await folderWith({
    'schema.json': JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      required: ['event_id', 'occurred_at'],
      properties: { level_cm: { type: 'integer' } },
    }),
  });
  const dead = await server.deadLetters('tides-dlq');
  await dead.send(Array.from({ length: MESSAGES }, (_, n) => bodyOf(n)));
  proxy.misbehave({ lostAnswers: 0.02, unavailable: 0.02, failedDeletes: 0.02, expiredHandles: 0.01, repeats: 0.01 });

  const env = { ...process.env, ...server.env, AWS_ENDPOINT_URL_SQS: proxy.endpoint };
  const children = new Set<ChildProcess>();
  onTestFinished(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const start = (place: number): ChildProcess => {
    const child = spawn(
      process.execPath,
      [
        ...[bin, 'replay', 'sqs:tides-dlq?visibility=10&wait=1&pollers=2', '--to', `${database.url}?table=events`],
        ...['--schema', join(folder.path, 'schema.json'), '--state-dir', join(folder.path, `state-${place}`)],
        ...['--batch', '200', '--output', 'json', '-q'],
      ],
      { env, stdio: 'ignore' },
    );
    children.add(child);
    child.once('close', () => children.delete(child));
    return child;
  };
  let kills = 0;
  const drain = async (place: number) => {
    for (;;) {
      const child = start(place);
      const ended = new Promise<NodeJS.Signals | null>((done) => child.once('close', (_code, signal) => done(signal)));
      const mayKill = kills < KILLS;
      if (mayKill) await Promise.race([sleep(1_200 + random() * 4_000), ended]);
      if (mayKill && child.exitCode === null && child.kill('SIGKILL')) kills++;
      if ((await ended) !== 'SIGKILL') return;
    }
  };
  await Promise.all(Array.from({ length: PROCESSES }, (_, place) => drain(place)));

  // What a killed process held comes back once its time is over; then the faults end, and one run finds what is left.
  proxy.misbehave({});
  await sleep(11_000);
  const last = start(0);
  await new Promise((done) => last.once('close', done));
  const report = await lastReceipt(folder.path, 0);
  const [counted] = await database.query(
    'select count(*)::int as rows, count(distinct event_id)::int as ids from events',
  );
  const poison = Array.from({ length: MESSAGES }, (_, n) => n).filter(isPoison);

  expect(kills).toBeGreaterThanOrEqual(Math.min(KILLS, 3));
  expect(counted).toEqual({ rows: MESSAGES - poison.length, ids: MESSAGES - poison.length });
  expect(await dead.waiting()).toBe(poison.length);
  expect(report).toMatchObject({ balanced: true, complete: true, exitCode: 1, source: { left: poison.length } });
  const { read, undecodable, invalid, source, sinks } = report ?? {};
  expect(undecodable).toBe(poison.filter(isBroken).length);
  expect(invalid).toBe(poison.filter(isInvalid).length);
  expect(read).toBe((source?.acked ?? 0) + poison.length);
  expect((sinks?.[0]?.accepted ?? 0) + (sinks?.[0]?.duplicate ?? 0)).toBe(source?.acked);
  const quarantined = await readFile(report?.quarantine?.path ?? '', 'utf8');
  for (const n of poison) expect(quarantined).toContain(`tide-${n}"`.slice(0, isBroken(n) ? -1 : undefined));
  console.error(`${kills} kills; faults: ${JSON.stringify(proxy.happened)}`);
}, 300_000);

function bodyOf(n: number): string {
  const time = new Date(Date.UTC(2019, 6, 1, 0, 0, n)).toISOString();
  const event = {
    event_id: `tide-${n}`,
    name: 'tide_measured',
    occurred_at: time,
    level_cm: isInvalid(n) ? 'high' : n,
  };
  const text = JSON.stringify(event);
  return isBroken(n) ? text.slice(0, -5) : text;
}

async function lastReceipt(folder: string, place: number): Promise<ReplayReport | undefined> {
  const runs = join(folder, `state-${place}`, 'runs');
  const last = (await readdir(runs)).toSorted().at(-1) ?? '';
  const text = await readFile(join(runs, last, 'receipt.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}
