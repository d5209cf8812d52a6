import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { redisUrl } from '../../sources/queue/redis.js';
import { type Filled, jsonOf, numbers } from './filled.js';

/** A dead set in a namespace of its own. */
export async function filledSidekiq(url: string = redisUrl): Promise<Filled> {
  const redis = new Redis(url);
  redis.on('error', () => undefined);
  const namespace = `chaos-${randomUUID()}`;
  const key = `${namespace}:dead`;
  const pipeline = redis.pipeline();
  for (const n of numbers) {
    const job = `{"class":"Job","jid":"j${n}","queue":"default","args":[${jsonOf(n)}]}`;
    pipeline.zadd(key, 1_795_000_000 + (n % 100), job);
  }
  await pipeline.exec();
  return {
    address: `sidekiq:dead?namespace=${namespace}`,
    env: { REDIS_URL: url },
    waiting: () => redis.zcard(key),
    async [Symbol.asyncDispose]() {
      await redis.del(key);
      redis.disconnect();
    },
  };
}
