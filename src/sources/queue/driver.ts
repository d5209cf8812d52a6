import type { Letter } from '../letter.js';

/**
 * One kind of queue: how its messages are received, acknowledged and given back. Everything else (what is held, for
 * how long, what is acknowledged when) is written once, in `queue-source.ts`. `H` is what the service wants to hear
 * to acknowledge a message: a receipt handle, a delivery tag.
 */
export interface QueueDriver<H = unknown> extends AsyncDisposable {
  /** The queue without secrets, as a user would type it: `sqs:orders-dlq`. */
  readonly label: string;
  readonly limits: QueueLimits;
  /** What is in the queue, found out without consuming anything. */
  describe(signal: AbortSignal): Promise<QueueDescription>;
  /**
   * The next messages, in the order of the service; none when there are none at the moment. It may wait for some
   * seconds, and as many receives may be under way as `limits.pollers`.
   * @param most messages that are wanted; a service that counts deliveries, or locks what it gives, keeps to it.
   * @throws SourceError when the queue cannot be read any more.
   */
  receive(signal: AbortSignal, most: number): Promise<readonly Message<H>[]>;
  /**
   * Whether what was there at the start is done; asked after a receive that brought nothing new.
   * @param left messages of this run that stay in the queue and may come again.
   * @param held messages that have been received and are not settled yet.
   */
  isDrained(left: number, signal: AbortSignal, held: number): Promise<boolean>;
  /**
   * Removes messages, `limits.acks` at most; one answer for each, in order.
   * @throws CannotEvaluateError when it will never be allowed to; anything else means that nothing is known of any.
   */
  ack(messages: readonly Message<H>[]): Promise<readonly Acknowledgement[]>;
  /** Gives messages back at once, `limits.acks` at most. What it cannot give back comes back by itself. */
  release(messages: readonly Message<H>[]): Promise<void>;
  /** Acknowledged messages that the queue will give out again all the same, because one in front of them stays. */
  unconfirmed?(): number;
  /** Prolongs the lease of messages, `limits.acks` at most; false where it is lost. Goes with `limits.leaseMs`. */
  extend?(messages: readonly Message<H>[]): Promise<readonly boolean[]>;
  /** What a user should know of this run afterwards, with counts. */
  notes?(): readonly string[];
}

export interface QueueLimits {
  /** Receives that may be under way at once. */
  readonly pollers: number;
  /** Messages in one call of `ack`, `release` or `extend`. */
  readonly acks: number;
  /** Messages that may be held, received and not settled, at once. */
  readonly held: number;
  /** Messages that may stay unacknowledged for the whole run, where that costs; absent means any number. */
  readonly left?: number;
  /** Whether what stays in the queue is given back at once instead of at the end: for queues where holding it costs. */
  readonly returnsAtOnce?: boolean;
  /** How long a received message stays ours without `extend`; absent means for as long as we are connected. */
  readonly leaseMs?: number;
  /** What has been confirmed as removed never comes again: another message with its key is another message. */
  readonly removesForGood?: boolean;
  /** Messages of one receive are locked together: removing some of them lets go of the others for a moment. */
  readonly locksTogether?: boolean;
  /** A message that stays may keep those behind it from being received. */
  readonly keepsOrder?: boolean;
  /** Acknowledging moves a mark past messages and removes none: it passes also what lies in the quarantine. */
  readonly passesQuarantined?: boolean;
}

/** One received message. */
export interface Message<H = unknown> {
  /** Tells the message from all others of its queue, also when it is delivered again. */
  readonly key: string;
  readonly letter: Letter;
  readonly handle: H;
  /** Whether it carries the marks of a dead letter; undefined where messages of this service carry none. */
  readonly isDead?: boolean;
  /** Whether it came into the queue after the start. */
  readonly isLate?: boolean;
}

/**
 * What became of an acknowledgement. `acked`: the server confirmed the removal. `failed`: not removed, and trying again
 * may help. `lost`: it is not ours any more and will come back, or has been taken by somebody else. `cut`: the connection
 * broke before the server confirmed anything, and with it the server gave the message back into the queue.
 */
export type Acknowledgement = 'acked' | 'failed' | 'lost' | 'cut';

/** What is in a queue. Counts are the service's own and may be approximate. */
export interface QueueDescription {
  /** Whether the queue holds dead letters by its role or configuration; undefined: its messages have to tell. */
  readonly isDeadLetters: boolean | undefined;
  /** Why, in a clause: `orders sends its dead letters here`. */
  readonly why: string;
  /** Messages that can be received. */
  readonly ready?: number;
  /** Messages that others hold at the moment. */
  readonly inFlight?: number;
  /** Messages that can be received later only. */
  readonly delayed?: number;
  /** When the oldest message was sent, milliseconds since the Unix epoch. */
  readonly oldestMs?: number;
  /** How long after it was sent the service removes a message, milliseconds. */
  readonly retentionMs?: number;
  /** When the first message will be removed by the service itself, milliseconds since the Unix epoch. */
  readonly firstExpiresMs?: number;
  /** What a user should know before anything is received, in sentences. */
  readonly warnings: readonly string[];
  /** Why receiving alone may destroy messages, as a sentence; then a mere look is refused. */
  readonly danger?: string;
  /** The first messages, where a look at them changes nothing. */
  peek?(most: number, signal: AbortSignal): Promise<readonly Letter[]>;
}
