import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';
import { IncompleteError, RespoolError } from '../../../errors.js';
import { pause } from '../../../pause.js';
import { isServerAnswer, redisError } from './errors.js';

export interface RedisConnection extends AsyncDisposable {
  /** Runs what may be run twice; it is tried again while the connection breaks. */
  read<T>(work: (redis: Redis) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Runs what removes something, once. It throws when the answer was lost: it may or may not have been done. */
  write<T>(work: (redis: Redis) => Promise<T>): Promise<T>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const MOST_TRIES = 6;

/**
 * Connects to a Redis server.
 * @throws IncompleteError `queue_unreachable`, CannotEvaluateError `source_permission_denied`.
 */
export async function connectRedis(url: string, label: string): Promise<RedisConnection> {
  const { Redis: Client } = await import('ioredis');
  let brokenBy: unknown;
  let isOpen = false;
  const redis = new Client(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectionName: 'respool',
    // A command whose answer was lost is not sent again behind our back: it may have removed something.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: MOST_TRIES,
    // The first connection is not tried again: a wrong address is told at once.
    retryStrategy: (times) => (isOpen ? Math.min(times * 100, 2_000) : null),
  });
  redis.on('error', (error: unknown) => {
    brokenBy = error;
  });
  const untilBroken = failsWithConnection(redis);
  const inWords = (error: unknown) =>
    error instanceof RespoolError ? error : redisError(isServerAnswer(error) ? error : (brokenBy ?? error), label);
  try {
    await redis.connect();
    await redis.ping();
    isOpen = true;
  } catch (error) {
    redis.disconnect();
    throw inWords(error);
  }
  return {
    async read(work, signal) {
      for (let attempt = 1; ; attempt++) {
        signal.throwIfAborted();
        try {
          return await untilBroken(work(redis));
        } catch (error) {
          const told = inWords(error);
          if (!(told instanceof IncompleteError) || attempt >= MOST_TRIES) throw told;
          await pause(attempt * 200, signal);
        }
      }
    },
    async write(work) {
      try {
        return await untilBroken(work(redis));
      } catch (error) {
        throw inWords(error);
      }
    },
    async [Symbol.asyncDispose]() {
      // The client would wait for two seconds for a connection that has ended already.
      if (redis.status !== 'end') redis.disconnect();
    },
  };
}

/**
 * Lets work fail when its connection breaks: the client drops a command that has been sent and is not to be sent again,
 * and never says so. What waits for the next connection goes on waiting.
 */
function failsWithConnection(redis: Redis): <T>(work: Promise<T>) => Promise<T> {
  const underWay = new Set<(error: Error) => void>();
  let isReady = false;
  redis.on('ready', () => {
    isReady = true;
  });
  redis.on('close', () => {
    if (isReady) for (const fail of [...underWay]) fail(new Error('the connection broke'));
    isReady = false;
  });
  return (work) =>
    new Promise((resolve, reject) => {
      underWay.add(reject);
      work.then(resolve, reject).finally(() => underWay.delete(reject));
    });
}

/** Runs a script by its hash, or by its text where the server does not know it yet. Texts in the reply are bytes. */
export async function runScript(
  redis: Redis,
  lua: string,
  { keys, values }: { readonly keys: readonly string[]; readonly values: readonly (string | Buffer)[] },
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...values];
  const sha = createHash('sha1').update(lua).digest('hex');
  try {
    return await redis.callBuffer('EVALSHA', sha, ...rest);
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return await redis.callBuffer('EVAL', lua, ...rest);
  }
}
