import type { SourceContext } from '../../context.js';
import type { Source } from '../../source.js';
import { openQueue } from '../queue-source.js';
import { parseKafkaAddress } from './address.js';
import { connectKafka } from './connect.js';
import { createKafkaDriver } from './driver.js';
import { kafkaError } from './errors.js';

/**
 * Opens `kafka://host/<topic>`. A look at it commits nothing.
 * @throws UsageError `source_not_found`, `bad_source_address`; IncompleteError `queue_unreachable`.
 */
export async function openKafka(text: string, context: SourceContext): Promise<Source> {
  const address = parseKafkaAddress(text);
  const cluster = await connectKafka(address);
  try {
    const looksOnly = context.dryRun === true || context.queue === undefined;
    return await openQueue(await createKafkaDriver({ cluster, address, looksOnly }), context);
  } catch (cause) {
    await cluster[Symbol.asyncDispose]();
    throw kafkaError(address.label, 'looking at the topic', cause);
  }
}
