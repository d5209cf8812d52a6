import type { Redis } from 'ioredis';
import type { Letter } from '../../letter.js';
import { toldByBody } from '../../told-by-body.js';
import type { QueueDescription, QueueDriver } from '../driver.js';
import type { RedisAddress } from './address.js';
import { type RedisConnection, runScript } from './connect.js';
import { createJobDriver } from './job-driver.js';
import { type Removal, removals } from './job-store.js';
import { createListReader } from './list.js';
import { queueNotFound } from './queue-not-found.js';
import { createSetReader } from './sorted-set.js';

/** Sets of jobs that died, or failed and wait for another try; any other name is that of a queue. */
const SETS = ['dead', 'retry'];
/** Each new death trims the dead set to these (`dead_timeout_in_seconds` and `dead_max_jobs` of Sidekiq). */
const DEAD_KEPT_MS = 180 * 24 * 3_600_000;
const DEAD_KEPT_JOBS = 10_000;

interface Jobs {
  next(signal: AbortSignal): Promise<readonly Buffer[]>;
  remove(jobs: readonly (string | Buffer)[]): Promise<readonly Removal[]>;
}

/**
 * Jobs of Sidekiq: the dead set, the retry set, or a queue, oldest first. A job is removed by comparing its exact
 * bytes, so that one that somebody retried or killed meanwhile is never touched.
 */
export function createSidekiqDriver(
  connection: RedisConnection,
  { queue, options }: RedisAddress,
  { follow }: { readonly follow: boolean },
): QueueDriver<string | Buffer> {
  const namespace = options.get('namespace');
  const space = namespace === undefined ? '' : `${namespace}:`;
  const isSet = SETS.includes(queue);
  const key = `${space}${isSet ? '' : 'queue:'}${queue}`;
  const label = `sidekiq:${queue}`;
  const jobs = isSet
    ? jobsOfSet(connection, { key, follow })
    : createListReader(connection, { key, oldest: 'tail', follow });
  let read = 0;
  return createJobDriver({
    label,
    connection,
    store: {
      async next(signal) {
        const page = await jobs.next(signal);
        return page.map((bytes) => ({ key: String(read++), handle: bytes, letter: letterOf(bytes, queue) }));
      },
      remove: jobs.remove,
    },
    describe: (signal) =>
      connection.read(async (redis) => {
        if (queue === 'dead') return describeDead(redis, key);
        if (queue === 'retry') return describeRetries(redis, key);
        const isKnown = await redis.sismember(`${space}queues`, queue);
        if (isKnown === 0 && (await redis.exists(key)) === 0) {
          throw await queueNotFound(redis, { label, prefix: `${space}queue:`, suffix: '', name: queue, others: SETS });
        }
        return describeQueue(redis, key);
      }, signal),
  });
}

function jobsOfSet(connection: RedisConnection, options: { readonly key: string; readonly follow: boolean }): Jobs {
  const next = createSetReader(connection, options);
  return {
    next: async (signal) => (await next(signal)).map(({ member }) => member),
    remove: (jobs) =>
      connection.write(async (redis) =>
        removals(await runScript(redis, REMOVE_MEMBERS, { keys: [options.key], values: jobs })),
      ),
  };
}

/** KEYS: the set. ARGV: members. */
const REMOVE_MEMBERS = `
local answers = {}
for at = 1, #ARGV do answers[at] = redis.call('ZREM', KEYS[1], ARGV[at]) end
return answers
`;

async function describeDead(redis: Redis, key: string): Promise<QueueDescription> {
  const [ready, [, oldest]] = await Promise.all([redis.zcard(key), redis.zrange(key, 0, '0', 'WITHSCORES')]);
  const oldestMs = oldest === undefined ? undefined : Math.round(Number(oldest) * 1_000);
  return {
    isDeadLetters: true,
    why: 'jobs that Sidekiq has given up',
    ready,
    ...(oldestMs !== undefined && { oldestMs, firstExpiresMs: oldestMs + DEAD_KEPT_MS }),
    warnings:
      ready < DEAD_KEPT_JOBS
        ? []
        : [
            `the dead set holds ${ready} jobs: each new death drops the oldest beyond ${DEAD_KEPT_JOBS} (dead_max_jobs of Sidekiq), so take a --snapshot first`,
          ],
  };
}

async function describeRetries(redis: Redis, key: string): Promise<QueueDescription> {
  return {
    isDeadLetters: true,
    why: 'jobs that have failed',
    ready: await redis.zcard(key),
    warnings: ['Sidekiq tries the jobs of this set again by itself when their time comes'],
  };
}

async function describeQueue(redis: Redis, key: string): Promise<QueueDescription> {
  const [ready, oldest] = await Promise.all([redis.llen(key), redis.lindexBuffer(key, -1)]);
  const sentAt = oldest === null ? undefined : toldByBody('sidekiq', oldest.toString(), oldest).sentAt;
  return {
    isDeadLetters: false,
    why: 'its jobs wait for their workers',
    ready,
    ...(sentAt !== undefined && { oldestMs: Date.parse(sentAt) }),
    warnings: [],
  };
}

/** A job itself says what Sidekiq knows of it. */
function letterOf(body: Buffer, queue: string): Letter {
  return { kind: 'sidekiq', queue, toldBy: 'sidekiq', body };
}
