import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { rabbitmq, rabbitQueue } from '../sources/queue/rabbitmq.js';
import { redisService, redisUrl, testRedis } from '../sources/queue/redis.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const bin = fileURLToPath(new URL('../../bin/respool.js', import.meta.url));
const MESSAGES = Number(process.env.RESPOOL_CHAOS_MESSAGES ?? 10_000);
const KILLS = 6;
/** Every so many-th message has no partition key, or is no JSON. */
const POISON = 250;

const schema = {
  type: 'object',
  required: ['event_id', 'occurred_at'],
  properties: { event_id: { type: 'string' }, occurred_at: { type: 'string', format: 'date-time' } },
};

const isPoison = (n: number) => n % POISON === 0;
const bodyOf = (n: number) =>
  n % (POISON * 2) === 0
    ? `{"event_id":"e${n}"`
    : JSON.stringify({ event_id: `e${n}`, name: 'paid', occurred_at: isPoison(n) ? null : '2026-03-01T00:00:00Z' });

interface Filled extends AsyncDisposable {
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whether a kill may leave a message and its new copy, which are two messages then. */
  readonly mayDouble?: boolean;
  /** How many messages its server still has. */
  waiting(): Promise<number>;
}

async function rabbit(type: 'classic' | 'quorum'): Promise<Filled> {
  const queue = await rabbitQueue(type === 'quorum' ? { 'x-queue-type': 'quorum', 'x-delivery-limit': 4 } : {});
  const bodies = Array.from({ length: MESSAGES }, (_, n) => bodyOf(n));
  await queue.put(bodies, { headers: { 'x-death': [{ reason: 'rejected', queue: 'orders', count: 1 }] } });
  return { ...queue, mayDouble: type === 'quorum', [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose]() };
}

async function sidekiq(): Promise<Filled> {
  const server = await testRedis();
  const key = `${server.prefix}:dead`;
  const pipeline = server.redis.pipeline();
  for (let n = 0; n < MESSAGES; n++) {
    const event = n % (POISON * 2) === 0 ? '"no event"' : bodyOf(n);
    pipeline.zadd(key, 1_795_000_000 + (n % 100), `{"class":"Job","jid":"j${n}","queue":"default","args":[${event}]}`);
  }
  await pipeline.exec();
  return {
    address: `sidekiq:dead?namespace=${server.prefix}`,
    env: { REDIS_URL: redisUrl },
    waiting: () => server.redis.zcard(key),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function staging(): Promise<Filled> {
  const database = await createDatabase();
  await database.query('create table staging (id bigserial primary key, payload text, done boolean)');
  const bodies = Array.from({ length: MESSAGES }, (_, n) => bodyOf(n));
  await database.query('insert into staging (payload) select unnest($1::text[])', [bodies]);
  return {
    address: `${database.url}?table=staging&processed=done`,
    env: {},
    async waiting() {
      const [row] = await database.query('select count(*)::int as n from staging where done is not true');
      return Number(row?.n);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

const QUEUES: readonly [string, () => Promise<Filled>, unknown][] = [
  ['a classic queue of RabbitMQ', () => rabbit('classic'), rabbitmq],
  ['a quorum queue with a delivery limit', () => rabbit('quorum'), rabbitmq],
  ['the dead set of Sidekiq', sidekiq, redisService],
  ['a staging table', staging, true],
];

describe.each(QUEUES)('%s', (_, make, service) => {
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
        const run = (state: string, killAfterMs?: number) => replay({ queue, database, folder, state, killAfterMs });

        for (let kill = 0; kill < KILLS; kill += 2) {
          await Promise.all([run('a', 800 + Math.random() * 2_500), run('b', 800 + Math.random() * 2_500)]);
        }
        await Promise.all([run('a'), run('b')]);
        const last = await run('a');

        const [counted] = await database.query(
          'select count(*)::int as n, count(distinct event_id)::int as ids from events',
        );
        const poison = Math.ceil(MESSAGES / POISON);
        expect(counted).toEqual({ n: MESSAGES - poison, ids: MESSAGES - poison });
        const left = queue.mayDouble ? expect.toSatisfy((count: number) => count >= poison) : poison;
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

interface Run {
  readonly queue: Filled;
  readonly database: TestDatabase;
  readonly folder: string;
  readonly state: string;
  readonly killAfterMs: number | undefined;
}

/** One process; resolves to its report, or to nothing when it was killed. */
function replay({ queue, database, folder, state, killAfterMs }: Run): Promise<unknown> {
  const args = ['replay', queue.address, '--to', `${database.url}?table=events`, '--output', 'json', '-q'];
  const places = ['--schema', join(folder, 'schema.json'), '--state-dir', join(folder, state)];
  const child = spawn(process.execPath, [bin, ...args, ...places], { env: { ...process.env, ...queue.env } });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  return new Promise((resolve) => {
    child.once('close', () => {
      clearTimeout(timer);
      resolve(stdout === '' ? undefined : JSON.parse(stdout));
    });
  });
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
