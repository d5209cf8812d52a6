import { IncompleteError, RespoolError } from '../../../errors.js';
import type { SourceContext } from '../../context.js';
import type { Source } from '../../source.js';
import type { QueueDriver } from '../driver.js';
import { openQueue } from '../queue-source.js';
import { type AmqpAddress, parseAmqpAddress } from './address.js';
import { connectAmqp } from './connect.js';
import { Consumer } from './consumer.js';
import type { Delivery } from './delivery.js';
import { type DeliveryLimit, deliveryLimitOf, isNearLimit, startAfresh } from './delivery-limit.js';
import { describeQueue } from './describe.js';
import { amqpError } from './errors.js';
import { isDead, letterOf } from './letter-of-message.js';
import { openPosition } from './position.js';
import { kindOfQueue } from './queue-kind.js';
import { createStreamDriver } from './stream.js';

const MOST_HELD = 4_000;
/** Messages that stay in the queue are held unacknowledged to the end: given back earlier they would come at once. */
const MOST_LEFT = 2_000;
const MOST_AT_ONCE = 500;
/** Without a message for so long, although some are ready, somebody else is served. */
const STARVED_MS = 15_000;
const NO_CONTENT = Buffer.alloc(0);
/** Share of the server's consumer time-out after which we stop by ourselves. */
const TIMEOUT_SHARE = 0.8;

/**
 * Opens a queue of RabbitMQ: `amqp://…/vhost?queue=<queue>`.
 * @throws UsageError `bad_source_address`, `source_not_found`; CannotEvaluateError `source_permission_denied`;
 * IncompleteError `queue_unreachable`.
 */
export async function openAmqp(text: string, context: SourceContext): Promise<Source> {
  const address = parseAmqpAddress(text);
  const session = await connectAmqp(address);
  try {
    await session.channel.checkQueue(address.queue);
    const kind = await kindOfQueue(session, address.queue);
    const follow = context.queue?.follow === true;
    if (kind.type === 'stream') {
      const position = await openPosition(context.stateDir, address.label);
      return await openQueue(await createStreamDriver({ address, session, position, follow }), context);
    }
    const limit = deliveryLimitOf(kind, address, session.serverVersion);
    const description = await describeQueue(session, { address, kind, limit });
    const consumer = new Consumer(address, session, follow);
    return await openQueue(createAmqpDriver({ address, consumer, limit, description }), context);
  } catch (error) {
    await session.close();
    throw error instanceof RespoolError ? error : amqpError(error, address.label);
  }
}

interface Opened {
  readonly address: AmqpAddress;
  readonly consumer: Consumer;
  readonly limit: DeliveryLimit | undefined;
  readonly description: Awaited<ReturnType<QueueDriver['describe']>>;
}

function createAmqpDriver({ address, consumer, limit, description }: Opened): QueueDriver<Delivery> {
  const { queue, label } = address;
  let afresh = 0;
  /** Whether a connection broke with acknowledgements on their way: what is back in the queue is to be received again. */
  let wasCut = false;
  let lastMs = performance.now();
  /** Those that may be held; the others are put back as new copies. */
  const keepClear = async (deliveries: readonly Delivery[]) => {
    const near = deliveries.filter(({ message }) => isNearLimit(message, limit));
    if (near.length === 0) return deliveries;
    await consumer.replace(near, (session, messages) => startAfresh(session, messages, address));
    afresh += near.length;
    return deliveries.filter((delivery) => !near.includes(delivery));
  };
  return {
    label,
    limits: { pollers: 1, acks: 10_000, held: MOST_HELD, left: MOST_LEFT, removesForGood: true },
    describe: async () => description,
    async receive(signal) {
      refuseTimeout(consumer.oldest, address);
      const deliveries = await consumer.next(MOST_AT_ONCE, signal);
      if (deliveries.length > 0) lastMs = performance.now();
      else if (performance.now() - lastMs > STARVED_MS && ((await consumer.ready()) ?? 0) > 0) throw starved(label);
      const clear = await keepClear(deliveries);
      return clear.map((delivery) => {
        const { key, message } = delivery;
        const letter = letterOf(message, queue);
        // To acknowledge it, or to give it back, its tag is enough.
        message.content = NO_CONTENT;
        return { key, handle: delivery, letter, isDead: isDead(message) };
      });
    },
    async isDrained() {
      if (wasCut && consumer.isBroken) return false;
      wasCut = false;
      return consumer.isAtEnd || (await consumer.isEmpty());
    },
    notes: () => notesOf(afresh, consumer.reconnects),
    async ack(messages) {
      const heard = await consumer.settle(handlesOf(messages), 'ack');
      wasCut ||= heard.includes(false);
      return heard.map((isHeard) => (isHeard ? 'acked' : 'cut'));
    },
    async release(messages) {
      await consumer.settle(handlesOf(messages), 'requeue');
    },
    [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
  };
}

const handlesOf = (messages: readonly { readonly handle: Delivery }[]) => messages.map(({ handle }) => handle);

function notesOf(afresh: number, reconnects: number): string[] {
  const notes: string[] = [];
  if (afresh > 0) {
    notes.push(
      `${afresh.toLocaleString('en')} messages were close to the queue's delivery limit and were put back as new copies, behind the others`,
    );
  }
  if (reconnects > 0) {
    notes.push(
      `the connection broke ${reconnects === 1 ? 'once' : `${reconnects} times`}; what was held went back into the queue and was received again`,
    );
  }
  return notes;
}

/** @throws IncompleteError `consumer_timeout` before the server takes back what we hold. */
function refuseTimeout(oldest: Delivery | undefined, { label, consumerTimeoutMs }: AmqpAddress): void {
  if (oldest === undefined || consumerTimeoutMs === 0) return;
  const heldMs = performance.now() - oldest.receivedMs;
  if (heldMs < consumerTimeoutMs * TIMEOUT_SHARE) return;
  throw new IncompleteError(
    `${label}: messages have been held unacknowledged for ${Math.round(heldMs / 60_000)} minutes, and the server takes everything back after ${Math.round(consumerTimeoutMs / 60_000)}`,
    {
      code: 'consumer_timeout',
      hint: 'run the same command again; --ack-rejected removes what lies in the quarantine, and ?consumer-timeout=<seconds> tells the time-out of your server',
    },
  );
}

function starved(label: string): IncompleteError {
  return new IncompleteError(`${label}: messages are ready, and none comes`, {
    code: 'queue_starved',
    hint: 'another consumer is served first (single active consumer, or a higher priority): stop it and run again',
  });
}
