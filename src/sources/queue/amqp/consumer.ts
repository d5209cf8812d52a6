import { hash } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import { CannotEvaluateError } from '../../../errors.js';
import { pause } from '../../../pause.js';
import type { AmqpAddress } from './address.js';
import { type AmqpSession, connectAmqp } from './connect.js';
import { type Delivery, lastOfPrefix } from './delivery.js';
import { amqpError } from './errors.js';

const FIRST_PREFETCH = 100;
/** As many as one or two batches that are being delivered hold back: the next ones come meanwhile. A quorum queue caps it at 2,000. */
const MOST_PREFETCH = 2_000;
const PREFETCH_BYTES = 16 * 2 ** 20;
const WAIT_MS = 300;
const RECONNECT_TRIES = 8;
const RETURN_MS = 70_000;

/** Receives from a queue with a bounded number of messages in advance, and connects again when the connection breaks. */
export class Consumer implements AsyncDisposable {
  /** How often the connection had to be made again. */
  reconnects = 0;
  /** Messages that were ready when the present session began, less those that have come. */
  unread = 0;
  private readonly held = new Map<number, Delivery>();
  /** Keys of what is held. */
  private readonly keys = new Set<string>();
  private buffer: Delivery[] = [];
  private consumerTag: string | undefined;
  private hasBegun = false;
  /** Messages of ours that a broken connection gave back, and that have not come again yet. */
  private returning = 0;
  private returnsUntilMs = 0;
  /** Messages that the present consumer may still receive before something is settled. */
  private room = 0;
  private prefetch = FIRST_PREFETCH;
  /** How often in a row the server would not let us consume. */
  private refusals = 0;
  private wake: () => void = () => {};

  constructor(
    private readonly address: AmqpAddress,
    private session: AmqpSession,
    private readonly follows: boolean,
  ) {}

  /** The delivery that we have held the longest. */
  get oldest(): Delivery | undefined {
    const [oldest] = this.held.values();
    return oldest;
  }

  get isBroken(): boolean {
    return this.session.closedBy() !== undefined;
  }

  /** Whether what was ready at the start of the session has come and been handed out. */
  get isAtEnd(): boolean {
    return this.hasBegun && this.unread <= 0 && this.buffer.length === 0 && !this.awaitsReturns;
  }

  /** Whether nothing is left to receive, whoever took it. */
  async isEmpty(): Promise<boolean> {
    const ready = await this.ready();
    // What was on its way to us has come in front of that answer.
    return ready === 0 && this.buffer.length === 0 && !this.awaitsReturns;
  }

  /** The server may notice only after two heartbeats that we were cut off. */
  private get awaitsReturns(): boolean {
    return this.returning > 0 && performance.now() < this.returnsUntilMs;
  }

  /** Deliveries that have come, `most` at the most; waits a moment for the first. */
  async next(most: number, signal: AbortSignal): Promise<readonly Delivery[]> {
    if (this.isBroken) await this.reconnect(signal);
    if (this.isAtEnd && !this.follows) return [];
    if (this.buffer.length === 0) {
      // What stays in the queue is unacknowledged and takes room: a new consumer has room of its own.
      if (this.consumerTag === undefined || this.room <= 0) await this.consume();
      await this.arrival(signal);
    }
    const some = this.buffer.splice(0, most);
    if (some.length > 0) this.adapt(some);
    return some;
  }

  /** Acknowledges or gives back; for each, whether the server has heard it. */
  async settle(deliveries: readonly Delivery[], how: 'ack' | 'requeue'): Promise<readonly boolean[]> {
    const { session } = this;
    if (session.closedBy() !== undefined) return deliveries.map(() => false);
    const last = lastOfPrefix(this.held.values(), deliveries);
    const mine = deliveries.filter((delivery) => delivery.session === session && this.forget(delivery));
    const tell = (message: ConsumeMessage, allUpTo: boolean) => {
      if (how === 'ack') session.channel.ack(message, allUpTo);
      else session.channel.nack(message, allUpTo, true);
    };
    try {
      if (last !== undefined) tell(last, true);
      for (const { message } of mine) {
        if (last === undefined || message.fields.deliveryTag > last.fields.deliveryTag) tell(message, false);
      }
      // The channel works in order: an answer to this says that it has heard what came before.
      await session.channel.checkQueue(this.address.queue);
    } catch {
      return deliveries.map(() => false);
    }
    const heard = new Set(mine);
    return deliveries.map((delivery) => heard.has(delivery));
  }

  /** Does something else with deliveries, on the channel that they came on. */
  async replace(
    deliveries: readonly Delivery[],
    work: (session: AmqpSession, messages: readonly ConsumeMessage[]) => Promise<void>,
  ): Promise<void> {
    const { session } = this;
    const mine = deliveries.filter((delivery) => delivery.session === session);
    const messages = mine.map(({ message }) => message);
    try {
      await work(session, messages);
    } catch (error) {
      // Without its connection everything is back in the queue, the copies beside the old ones.
      if (session.closedBy() === undefined) throw error;
    }
    for (const delivery of mine) if (this.forget(delivery)) this.unread++;
  }

  /** Messages that could be received at the moment; undefined when it cannot be asked. */
  async ready(): Promise<number | undefined> {
    const answer = await this.session.channel.checkQueue(this.address.queue).catch(() => undefined);
    return answer?.messageCount;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session.close();
  }

  /** A message with an id is recognised when it comes again after the connection broke; one that was sent twice is two. */
  private keyOf({ properties, content, fields }: ConsumeMessage): string {
    const id: unknown = properties.messageId;
    if (typeof id !== 'string' || id === '') return `${this.reconnects}:${fields.deliveryTag}`;
    const key = `${id} ${hash('sha1', content, 'base64')}`;
    return this.keys.has(key) ? `${key} ${this.reconnects}:${fields.deliveryTag}` : key;
  }

  private forget({ key, message: { fields } }: Delivery): boolean {
    if (!this.held.delete(fields.deliveryTag)) return false;
    this.keys.delete(key);
    if (fields.consumerTag === this.consumerTag) this.room++;
    return true;
  }

  private async consume(): Promise<void> {
    const { session, address } = this;
    const { channel } = session;
    try {
      if (this.consumerTag !== undefined) await channel.cancel(this.consumerTag);
      this.consumerTag = undefined;
      if (!this.hasBegun) this.unread = (await channel.checkQueue(address.queue)).messageCount;
      this.hasBegun = true;
      const count = this.follows ? this.prefetch : Math.min(this.prefetch, Math.max(1, this.unread));
      await channel.prefetch(count);
      this.room = count;
      const { consumerTag } = await channel.consume(address.queue, (message) => this.arrived(session, message));
      this.consumerTag = consumerTag;
      this.refusals = 0;
    } catch (error) {
      const told = amqpError(error, address.label);
      const isForGood = told instanceof CannotEvaluateError || ++this.refusals > RECONNECT_TRIES;
      // The server closes the channel on which it refuses: that alone is no broken connection.
      if (session.closedBy() === undefined || isForGood) throw told;
    }
  }

  private arrived(session: AmqpSession, message: ConsumeMessage | null): void {
    // The server ends a consumer whose queue was deleted.
    if (message === null) this.consumerTag = undefined;
    else if (session === this.session) {
      const { deliveryTag } = message.fields;
      const delivery = { message, session, key: this.keyOf(message), receivedMs: performance.now() };
      this.keys.add(delivery.key);
      this.room--;
      if (this.returning > 0 && message.fields.redelivered) this.returning--;
      else this.unread--;
      this.held.set(deliveryTag, delivery);
      this.buffer.push(delivery);
    }
    this.wake();
  }

  private arrival(signal: AbortSignal): Promise<void> {
    if (this.buffer.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, WAIT_MS);
      signal.addEventListener('abort', end, { once: true });
      this.wake = end;
    });
  }

  /** Large messages come with fewer in advance. */
  private adapt(some: readonly Delivery[]): void {
    const bytes = some.reduce((sum, { message }) => sum + message.content.length, 0) / some.length;
    this.prefetch = Math.max(2, Math.min(MOST_PREFETCH, Math.floor(PREFETCH_BYTES / Math.max(1, bytes))));
  }

  /** Everything that was held is back in the queue. */
  private async reconnect(signal: AbortSignal): Promise<void> {
    const cause = this.session.closedBy();
    this.returning += this.held.size;
    this.returnsUntilMs = performance.now() + RETURN_MS;
    this.held.clear();
    this.keys.clear();
    this.buffer = [];
    this.consumerTag = undefined;
    this.hasBegun = false;
    await this.session.close();
    if (this.refusals > 0) await pause(waitMs(this.refusals), signal);
    for (let attempt = 1; ; attempt++) {
      try {
        this.session = await connectAmqp(this.address);
        this.reconnects++;
        return;
      } catch {
        if (attempt >= RECONNECT_TRIES) throw amqpError(cause, this.address.label);
        await pause(waitMs(attempt), signal);
      }
    }
  }
}

function waitMs(attempt: number): number {
  return Math.min(250 * 2 ** attempt, 5_000);
}
