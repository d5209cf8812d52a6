import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { ReplayReport } from '../../src/report/report.js';
import { rabbitmq, rabbitQueue } from '../sources/queue/rabbitmq.js';
import { redisService } from '../sources/queue/redis.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { filledBullmq } from './filled/bullmq.js';
import { bodyOf, type Filled, MESSAGES, numbers, POISON } from './filled/filled.js';
import { filledKafka, kafkaBroker } from './filled/kafka.js';
import { filledNats, natsService } from './filled/nats.js';
import { filledPgboss } from './filled/pgboss.js';
import { filledSidekiq } from './filled/sidekiq.js';
import { filledStaging } from './filled/staging.js';

const bin = fileURLToPath(new URL('../../bin/respool.js', import.meta.url));
const KILLS = 6;

const schema = {
  type: 'object',
  required: ['event_id', 'occurred_at'],
  properties: { event_id: { type: 'string' }, occurred_at: { type: 'string', format: 'date-time' } },
};

async function rabbit(type: 'classic' | 'quorum'): Promise<Filled> {
  const queue = await rabbitQueue(type === 'quorum' ? { 'x-queue-type': 'quorum', 'x-delivery-limit': 4 } : {});
  const bodies = numbers.map(bodyOf);
  await queue.put(bodies, { headers: { 'x-death': [{ reason: 'rejected', queue: 'orders', count: 1 }] } });
  return { ...queue, mayDouble: type === 'quorum', [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose]() };
}

const QUEUES: readonly [string, () => Promise<Filled>, unknown][] = [
  ['a classic queue of RabbitMQ', () => rabbit('classic'), rabbitmq],
  ['a quorum queue with a delivery limit', () => rabbit('quorum'), rabbitmq],
  ['the dead set of Sidekiq', filledSidekiq, redisService],
  ['the failed jobs of BullMQ', filledBullmq, redisService],
  ['a staging table', filledStaging, true],
  ['the failed jobs of pg-boss', filledPgboss, true],
  ['a work queue of NATS JetStream', filledNats, natsService],
  ['a topic of Kafka', filledKafka, kafkaBroker],
];

describe.each(QUEUES)('%s', (name, make, service) => {
  test.runIf(service)(
    'is drained by several processes that are killed, and each event is there once or still waits',
    async () => {
      await using queue = await make();
      await using database = await createDatabase();
      const folder = await mkdtemp(join(tmpdir(), 'respool-queues-'));
      try {
        await database.query(
          'create table events (event_id text, name text, occurred_at timestamptz not null, primary key (event_id, occurred_at))',
        );
        await writeFile(join(folder, 'schema.json'), JSON.stringify(schema));
        const run = (state: string, isKilled = false) => replay({ queue, database, folder, state, isKilled });

        for (let kill = 0; kill < KILLS; kill += 2) await Promise.all([run('a', true), run('b', true)]);
        await sleep(queue.comesBackAfterMs ?? 0);
        const killed = await rows(database);
        await Promise.all([toItsEnd(() => run('a')), toItsEnd(() => run('b'))]);
        const last = await run('a');
        console.error(`${name}: ${killed} of ${MESSAGES} were delivered when the last process was killed`);

        const [counted] = await database.query(
          'select count(*)::int as n, count(distinct event_id)::int as ids from events',
        );
        const poison = Math.ceil(MESSAGES / POISON);
        expect(counted).toEqual({ n: MESSAGES - poison, ids: MESSAGES - poison });
        const stays = queue.passesPoison === true ? 0 : poison;
        const left = queue.mayDouble ? expect.toSatisfy((count: number) => count >= poison) : stays;
        await expect.poll(queue.waiting, { timeout: 10_000 }).toEqual(left);
        const waiting = await queue.waiting();
        expect(last).toMatchObject({ balanced: true, read: waiting, source: { acked: 0, left: waiting } });
        expect(await quarantined(folder)).toBe(poison);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

async function rows(database: TestDatabase): Promise<number> {
  const [row] = await database.query('select count(*)::int as n from events');
  return Number(row?.n);
}

/** Calls again what ends as incomplete, as its hint says. */
async function toItsEnd(run: () => Promise<Ended>): Promise<void> {
  for (let runs = 1; runs <= 5; runs++) {
    const { exitCode, stderr } = await run();
    if (exitCode !== 4) return;
    console.error(`a run ended as incomplete, and is called again: ${stderr}`);
  }
}

interface Run {
  readonly queue: Filled;
  readonly database: TestDatabase;
  readonly folder: string;
  readonly state: string;
  readonly isKilled: boolean;
}

type Ended = Partial<ReplayReport> & { readonly stderr: string };

/** One process, with its report; one that is to be killed goes slowly, and dies at a random moment once events arrive. */
async function replay({ queue, database, folder, state, isKilled }: Run): Promise<Ended> {
  const before = await rows(database);
  const args = ['replay', queue.address, '--to', `${database.url}?table=events`, '--output', 'json', '-q'];
  const places = ['--schema', join(folder, 'schema.json'), '--state-dir', join(folder, state)];
  const pace = isKilled ? ['--max-rate', String(Math.ceil(MESSAGES / 10))] : [];
  const how = [...places, '--batch', '100', ...pace];
  const child = spawn(process.execPath, [bin, ...args, ...how], { env: { ...process.env, ...queue.env } });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk) => {
      texts[name] += chunk;
    });
  }
  const closed = new Promise((resolve) => child.once('close', resolve));
  if (isKilled) {
    while (child.exitCode === null && (await rows(database)) === before) await sleep(20);
    await Promise.race([closed, sleep(Math.random() * 2_000)]);
    child.kill('SIGKILL');
  }
  await closed;
  return { ...(texts.stdout !== '' && JSON.parse(texts.stdout)), stderr: texts.stderr };
}

/** Distinct bodies that lie in any quarantine. */
async function quarantined(folder: string): Promise<number> {
  const bodies = new Set<string>();
  for (const state of ['a', 'b']) {
    for (const run of await readdir(join(folder, state, 'runs'))) {
      const text = await readFile(join(folder, state, 'runs', run, 'quarantine.ndjson'), 'utf8').catch(() => '');
      for (const line of text.split('\n').filter(Boolean)) {
        const { raw, event } = JSON.parse(line) as { raw?: unknown; event?: unknown }; // a line of our own quarantine
        bodies.add(JSON.stringify(event ?? raw ?? line));
      }
    }
  }
  return bodies.size;
}
