import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ReplayReport } from '../../src/report/report.js';
import { redisService, redisUrl } from '../sources/queue/redis.js';
import { ended, folderWith, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { filledBullmq } from './filled/bullmq.js';
import { type Filled, MESSAGES, POISON } from './filled/filled.js';
import { filledPgboss } from './filled/pgboss.js';
import { filledSidekiq } from './filled/sidekiq.js';
import { filledStaging } from './filled/staging.js';

const MOST_RUNS = 12;
const SHARE = 0.1;

interface Struck {
  readonly fill: () => Promise<Filled>;
  /** What a client sends to have messages removed. */
  readonly word: string;
  /** The server of the queue. */
  readonly serverOf: (queue: Filled) => string;
  /** The queue as it is called through a proxy. */
  readonly through: (queue: Filled, proxy: TcpProxy) => Pick<Filled, 'address' | 'env'>;
}

const ofRedis = (fill: () => Promise<Filled>): Struck => ({
  fill,
  word: 'EVALSHA',
  serverOf: () => redisUrl,
  through: ({ address, env }, { url }) => ({ address, env: { ...env, REDIS_URL: url } }),
});
const ofPostgres = (fill: () => Promise<Filled>): Struck => ({
  fill,
  word: 'commit',
  serverOf: ({ address, env }) => (address.startsWith('postgres') ? address : `postgres://${env.PGHOST}:${env.PGPORT}`),
  through({ address, env }, { url }) {
    const { port } = new URL(url);
    return address.startsWith('postgres') ? { address: url, env } : { address, env: { ...env, PGPORT: port } };
  },
});

const QUEUES: readonly [string, Struck, unknown][] = [
  ['the dead set of Sidekiq', ofRedis(filledSidekiq), redisService],
  ['the failed jobs of BullMQ', ofRedis(filledBullmq), redisService],
  ['a staging table', ofPostgres(filledStaging), true],
  ['the failed jobs of pg-boss', ofPostgres(filledPgboss), true],
];

describe.each(QUEUES)('%s', (_, { fill, word, serverOf, through }, service) => {
  test.runIf(service)(
    'whose line breaks in front of removals and behind them loses nothing, and the numbers are those of the server',
    async () => {
      const seed = { value: Date.now() % 1_000_003 };
      console.error(`seed ${seed.value}`);
      const random = () => {
        seed.value = (seed.value * 48_271) % 2_147_483_647;
        return seed.value / 2_147_483_647;
      };
      await using queue = await fill();
      await using proxy = await startProxy(serverOf(queue));
      await using database = await createDatabase();
      await database.query(
        'create table events (event_id text, name text, occurred_at timestamptz not null, primary key (event_id, occurred_at))',
      );
      await using folder = await folderWith({
        'schema.json': JSON.stringify({
          type: 'object',
          required: ['event_id', 'occurred_at'],
          properties: { occurred_at: { type: 'string', format: 'date-time' } },
        }),
      });
      const { address, env } = through(queue, proxy);
      const run = async () => {
        const to = ['--to', `${database.url}?table=events`, '--schema', join(folder.path, 'schema.json')];
        const how = ['--state-dir', join(folder.path, 'state'), '--batch', '100', '--output', 'json', '-q'];
        const { status, stdout, stderr } = await ended(spawnRespool(['replay', address, ...to, ...how], { env }));
        expect([1, 4], stderr).toContain(status);
        return { status, report: (stdout === '' ? undefined : JSON.parse(stdout)) as ReplayReport | undefined };
      };
      const poison = Math.ceil(MESSAGES / POISON);

      // The first removal is always struck, however few there are.
      let drawn = 0;
      proxy.cutOften(word, SHARE, () => (drawn++ === 0 ? 0 : random()));
      let removed = 0;
      let told = 0;
      for (let runs = 0, status: number | null = 4; runs < MOST_RUNS && status === 4; runs++) {
        const before = await queue.waiting();
        const { report, ...end } = await run();
        removed += before - (await queue.waiting());
        told += report?.source?.acked ?? 0;
        status = end.status;
        await sleep(queue.comesBackAfterMs ?? 0);
      }
      const { cuts } = proxy;
      proxy.cutOften(word, 0, random);
      const last = await run();
      told += last.report?.source?.acked ?? 0;
      console.error(`${cuts} cuts; ${removed} removed under faults, ${told} told in all`);

      const [counted] = await database.query(
        'select count(*)::int as n, count(distinct event_id)::int as ids from events',
      );
      expect(cuts).toBeGreaterThan(0);
      expect(counted).toEqual({ n: MESSAGES - poison, ids: MESSAGES - poison });
      expect(await queue.waiting()).toBe(poison);
      expect(told).toBe(MESSAGES - poison);
      expect(last.report).toMatchObject({ balanced: true, complete: true, source: { left: poison } });
    },
  );
});
