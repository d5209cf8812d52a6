import type { SourceContext } from '../../context.js';
import type { Source } from '../../source.js';
import type { QueueDriver } from '../driver.js';
import { openQueue } from '../queue-source.js';
import { parseRedisAddress, type RedisAddress } from './address.js';
import { createBullmqDriver } from './bullmq.js';
import { connectRedis, type RedisConnection } from './connect.js';
import { createResqueDriver } from './resque.js';
import { createSidekiqDriver } from './sidekiq.js';

type CreateDriver = (
  connection: RedisConnection,
  address: RedisAddress,
  options: { readonly follow: boolean },
) => QueueDriver<string | Buffer>;

const DRIVERS: Readonly<Record<string, { readonly create: CreateDriver; readonly options: readonly string[] }>> = {
  bullmq: { create: createBullmqDriver, options: ['prefix'] },
  sidekiq: { create: createSidekiqDriver, options: ['namespace'] },
  resque: { create: createResqueDriver, options: ['namespace'] },
};

/**
 * Opens a queue that lies in Redis: `bullmq:<queue>`, `sidekiq:<dead|retry|queue>`, `resque:<failed>`.
 * @throws UsageError `bad_source_address`; CannotEvaluateError `source_permission_denied`, `source_not_found`; IncompleteError
 * `queue_unreachable`.
 */
export async function openRedisQueue(text: string, context: SourceContext): Promise<Source> {
  return openQueue(await openRedisDriver(text, context), context);
}

/** The driver of such a queue. */
async function openRedisDriver(text: string, context: SourceContext): Promise<QueueDriver<string | Buffer>> {
  const scheme = text.slice(0, text.indexOf(':')).toLowerCase();
  const known = DRIVERS[scheme];
  if (known === undefined) throw new Error(`no queue in Redis is called ${scheme}`);
  const address = parseRedisAddress(text, known.options, context.env ?? {});
  const connection = await connectRedis(address.url, `${scheme}:${address.queue}`);
  return known.create(connection, address, { follow: context.queue?.follow === true });
}
