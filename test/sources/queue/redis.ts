import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { findService } from '../../support/services.js';

export const redisService = await findService('redis');
export const redisUrl = `redis://${redisService?.host}:${redisService?.port}`;

/** A client of one test, and a prefix of its own whose keys are removed at the end. */
export interface TestRedis extends AsyncDisposable {
  readonly redis: Redis;
  readonly prefix: string;
}

export async function testRedis(): Promise<TestRedis> {
  const redis = new Redis(redisUrl);
  const prefix = `respool-${randomUUID()}`;
  return {
    redis,
    prefix,
    async [Symbol.asyncDispose]() {
      const keys = await redis.keys(`${prefix}*`);
      if (keys.length > 0) await redis.del(...keys);
      redis.disconnect();
    },
  };
}
