import { Queue, Worker } from 'bullmq';
import { redisService, redisUrl, testRedis } from '../../sources/queue/redis.js';
import { type Filled, jsonOf, numbers } from './filled.js';

const connection = { host: redisService?.host ?? '', port: redisService?.port ?? 0 };

/** Jobs that a worker of BullMQ itself has failed. */
export async function filledBullmq(): Promise<Filled> {
  const { redis, prefix, [Symbol.asyncDispose]: clean } = await testRedis();
  const queue = new Queue('orders', { connection, prefix });
  await queue.addBulk(numbers.map((n) => ({ name: 'charge', data: JSON.parse(jsonOf(n)) })));
  const fail = async () => {
    throw new TypeError('boom');
  };
  const worker = new Worker('orders', fail, { connection, prefix, concurrency: 200 });
  const waiting = () => redis.zcard(`${prefix}:orders:failed`);
  while ((await waiting()) < numbers.length) await new Promise((resolve) => setTimeout(resolve, 100));
  await worker.close();
  await queue.close();
  return {
    address: `bullmq:orders?prefix=${prefix}`,
    env: { REDIS_URL: redisUrl },
    waiting,
    [Symbol.asyncDispose]: clean,
  };
}
