import { instantText } from '../../../event/instant-text.js';
import type { Letter } from '../../letter.js';
import type { QueueDescription, QueueDriver } from '../driver.js';
import type { RedisAddress } from './address.js';
import { type RedisConnection, runScript } from './connect.js';
import { createJobDriver } from './job-driver.js';
import { removals } from './job-store.js';
import { queueNotFound } from './queue-not-found.js';
import { createSetReader, type Entry } from './sorted-set.js';

const DEFAULT_PREFIX = 'bull';
/** `atm` was `attemptsMade` before BullMQ 5. */
const FIELDS = [
  'name',
  'data',
  'timestamp',
  'finishedOn',
  'atm',
  'attemptsMade',
  'failedReason',
  'stacktrace',
] as const;

/**
 * The failed jobs of a BullMQ queue, oldest failure first. A job is removed only while it is still failed, has no lock
 * and nobody waits for it: someone may have pressed "retry" meanwhile.
 */
export function createBullmqDriver(
  connection: RedisConnection,
  { queue, options }: RedisAddress,
  { follow }: { readonly follow: boolean },
): QueueDriver<string | Buffer> {
  const family = `${options.get('prefix') ?? DEFAULT_PREFIX}:`;
  const prefix = `${family}${queue}:`;
  const failed = `${prefix}failed`;
  const label = `bullmq:${queue}`;
  const next = createSetReader(connection, { key: failed, hashPrefix: prefix, fields: FIELDS, follow });
  return createJobDriver({
    label,
    connection,
    store: {
      async next(signal) {
        const entries = await next(signal);
        return entries.map((entry) => {
          const id = entry.member.toString();
          return { key: id, handle: id, letter: letterOf(entry, queue) };
        });
      },
      remove: (ids) =>
        connection.write(async (redis) =>
          removals(await runScript(redis, REMOVE_FAILED, { keys: [failed], values: [prefix, ...ids] })),
        ),
    },
    describe: (signal) =>
      connection.read(async (redis): Promise<QueueDescription> => {
        const [type, meta, ready, [, oldest]] = await Promise.all([
          redis.type(failed),
          redis.exists(`${prefix}meta`, `${prefix}id`),
          redis.zcard(failed),
          redis.zrange(failed, 0, '0', 'WITHSCORES'),
        ]);
        if (type === 'none' && meta === 0) {
          throw await queueNotFound(redis, { label, prefix: family, suffix: ':meta', name: queue });
        }
        return {
          isDeadLetters: true,
          why: 'jobs that have failed for good',
          ready,
          ...(oldest !== undefined && { oldestMs: Number(oldest) }),
          warnings: [],
        };
      }, signal),
  });
}

/**
 * KEYS: the failed set. ARGV: prefix of the queue's keys, then ids of jobs. What belongs to a job is what BullMQ's own
 * `removeJobKeys` removes, and its deduplication key while it is this job's. A job that its parent waits for, or that
 * waits for children, is kept.
 */
const REMOVE_FAILED = `
local failed, prefix, answers = KEYS[1], ARGV[1], {}
for at = 2, #ARGV do
  local id = ARGV[at]
  local job = prefix .. id
  local answer = 0
  local told = redis.call('HMGET', job, 'parentKey', 'deid')
  local parent, deduplication = told[1], told[2]
  local isAwaited = parent and redis.call('SISMEMBER', parent .. ':dependencies', job) == 1
  if isAwaited or redis.call('EXISTS', job .. ':lock', job .. ':dependencies') > 0 then
    if redis.call('ZSCORE', failed, id) then answer = -1 end
  elseif redis.call('ZREM', failed, id) == 1 then
    if deduplication and redis.call('GET', prefix .. 'de:' .. deduplication) == id then
      redis.call('DEL', prefix .. 'de:' .. deduplication, prefix .. 'dn:' .. deduplication)
    end
    redis.call('DEL', job, job .. ':logs', job .. ':processed', job .. ':failed', job .. ':unsuccessful')
    redis.call('XADD', prefix .. 'events', 'MAXLEN', '~', 10000, '*', 'event', 'removed', 'jobId', id, 'prev', 'failed')
    answer = 1
  end
  answers[#answers + 1] = answer
end
return answers
`;

function letterOf({ member, score, fields }: Entry, queue: string): Letter {
  const [name, data, timestamp, finishedOn, atm, attemptsMade, failedReason, stacktrace] = fields;
  const deliveries = atm ?? attemptsMade;
  return {
    kind: 'bullmq',
    queue,
    id: member.toString(),
    name: name?.toString(),
    sentAt: timeOf(timestamp?.toString()),
    failedAt: timeOf(finishedOn?.toString() ?? score),
    deliveries: deliveries ? Number(deliveries.toString()) : undefined,
    error: errorOf(failedReason?.toString(), stacktrace?.toString()),
    // A job whose hash is gone has no body; it is told apart as such.
    body: data ?? '',
  };
}

function timeOf(ms: string | undefined): string | undefined {
  return ms === undefined ? undefined : instantText(Number(ms));
}

/** The class stands only in the first line of a stack trace: `["TypeError: boom\n    at …"]`. */
function errorOf(message: string | undefined, stacktrace: string | undefined): Letter['error'] {
  if (message === undefined && stacktrace === undefined) return undefined;
  const [, name] = /^\s*\[\s*"([A-Z]\w*)(?::|\\n)/u.exec(stacktrace ?? '') ?? [];
  return { class: name, message };
}
