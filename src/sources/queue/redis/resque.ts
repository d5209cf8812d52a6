import { hash } from 'node:crypto';
import { locatePointer } from '../../../event/locate.js';
import type { Letter } from '../../letter.js';
import type { QueueDriver } from '../driver.js';
import type { RedisAddress } from './address.js';
import type { RedisConnection } from './connect.js';
import { createJobDriver } from './job-driver.js';
import { members, parsedJob, textOf } from './job-json.js';
import { createListReader } from './list.js';
import { queueNotFound } from './queue-not-found.js';

const DEFAULT_NAMESPACE = 'resque';
const WRAPPER = 'ActiveJob::QueueAdapters::ResqueAdapter::JobWrapper';

/**
 * Failures of Resque, oldest first: `failed`, or `<queue>_failed` where each queue has a list of its own. Entries have
 * no id and Resque removes them by index; here they are removed by their exact bytes.
 */
export function createResqueDriver(
  connection: RedisConnection,
  { queue, options }: RedisAddress,
  { follow }: { readonly follow: boolean },
): QueueDriver<string | Buffer> {
  const space = `${options.get('namespace') ?? DEFAULT_NAMESPACE}:`;
  const key = `${space}${queue}`;
  const label = `resque:${queue}`;
  const list = createListReader(connection, { key, oldest: 'head', follow });
  let read = 0;
  return createJobDriver({
    label,
    connection,
    store: {
      async next(signal) {
        const page = await list.next(signal);
        return page.map((bytes) => ({ key: String(read++), handle: bytes, letter: letterOf(bytes, queue) }));
      },
      remove: list.remove,
    },
    describe: (signal) =>
      connection.read(async (redis) => {
        const isFailed = /(?:^|_)failed$/u.test(queue);
        if (!isFailed && (await redis.exists(key)) === 0) {
          throw await queueNotFound(redis, { label, prefix: space, suffix: 'failed', name: queue });
        }
        const [ready, oldest] = await Promise.all([redis.llen(key), redis.lindexBuffer(key, 0)]);
        const failedAt = oldest === null ? undefined : timeOf(parsedJob(oldest).failed_at);
        return {
          isDeadLetters: isFailed,
          why: isFailed ? 'jobs that have failed' : 'no list of failures of Resque is called so',
          ready,
          ...(failedAt !== undefined && { oldestMs: Date.parse(failedAt) }),
          warnings: [],
        };
      }, signal),
  });
}

function letterOf(bytes: Buffer, queue: string): Letter {
  const entry = parsedJob(bytes);
  const job = members(entry.payload);
  const body = argumentsOf(bytes, job.class === WRAPPER ? ['payload', 'args', '0'] : ['payload', 'args']);
  return {
    kind: 'resque',
    queue,
    origin: textOf(entry.queue),
    id: hash('sha256', body),
    name: textOf(job.class),
    failedAt: timeOf(entry.failed_at),
    error: { class: textOf(entry.exception), message: textOf(entry.error) },
    body,
  };
}

/** The text of the arguments as it stands in the entry: an array, or what Rails wrapped. */
function argumentsOf(bytes: Buffer, at: readonly string[]): Buffer {
  const span = locatePointer(bytes, { start: 0, end: bytes.length }, at);
  return span === undefined ? bytes : bytes.subarray(span.start, span.end);
}

/** Resque writes `2026/01/12 10:00:00 UTC`. */
function timeOf(value: unknown): string | undefined {
  const [, day, clock] = /^(\d{4}\/\d\d\/\d\d) (\d\d:\d\d:\d\d)/u.exec(textOf(value) ?? '') ?? [];
  return day === undefined || clock === undefined ? undefined : `${day.replaceAll('/', '-')}T${clock}Z`;
}
