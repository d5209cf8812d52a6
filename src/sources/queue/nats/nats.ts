import type { SourceContext } from '../../context.js';
import type { Source } from '../../source.js';
import { openQueue } from '../queue-source.js';
import { parseNatsAddress } from './address.js';
import { connectNats } from './connect.js';
import { createNatsDriver } from './driver.js';
import { natsError } from './errors.js';
import { createNatsLook } from './look.js';

/**
 * Opens `nats://host/<stream>`. A look at it makes no consumer and changes nothing on the server.
 * @throws UsageError `source_not_found`, `bad_source_address`; IncompleteError `queue_unreachable`.
 */
export async function openNats(text: string, context: SourceContext): Promise<Source> {
  const address = parseNatsAddress(text);
  const nats = await connectNats(address);
  try {
    const looksOnly = context.dryRun === true || context.queue === undefined;
    const driver = looksOnly
      ? createNatsLook(nats, address)
      : await createNatsDriver(nats, address, context.queue?.limit);
    return await openQueue(driver, context);
  } catch (cause) {
    await nats.connection.close();
    throw natsError(address.label, 'looking at the stream', cause);
  }
}
