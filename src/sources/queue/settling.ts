import { CannotEvaluateError } from '../../errors.js';
import type { QueueOptions } from '../context.js';
import type { BatchOutcome } from '../source.js';
import { acknowledge, release } from './acknowledge.js';
import { createDigestSet } from './digest-set.js';
import type { Acknowledgement, Message, QueueDriver } from './driver.js';
import { type Held, openHeld } from './held.js';
import { createRecentKeys } from './recent-keys.js';
import { createTally, type Tally } from './tally.js';

/** So many messages that stay in the queue are remembered with their handles, to be given back at the end. */
const MOST_RETURNED = 10_000;
/** So many may stay unacknowledged for a moment, where that costs, while they are merely looked at. */
const MOST_LOOKED_AT = 10_000;
/** So many removed messages are recognised when they come again; older ones are told by the sinks. */
const RECENT = 100_000;

/** Why a message that every sink has taken is still in the queue, as far as is known. */
type Debt = Exclude<Acknowledgement, 'acked'>;
const DEBTS: readonly Debt[] = ['failed', 'lost', 'cut'];

/** What becomes of received messages: each is held until it is acknowledged, left or given back. */
export interface Settling<H> extends AsyncDisposable {
  readonly held: Held<H>;
  readonly counts: Tally;
  /** Messages of this run that stay in the queue. */
  readonly left: number;
  /** Whether a received message is to be worked on; it is held then. */
  isNew(message: Message<H>): boolean;
  /** Leaves messages in the queue. */
  leave(keys: readonly string[]): void;
  /** Acknowledges what can be, and leaves the rest. */
  settle(keys: readonly string[], outcome: BatchOutcome): Promise<void>;
  /** Why going on makes no sense; undefined when it does. */
  whyStop(): Error | undefined;
  /** Whether a mere look has come as far as it may. */
  hasSeenEnough(): boolean;
}

/** Opens the hold of a driver; closing it gives back what has not been settled. */
export function openSettling<H>(driver: QueueDriver<H>, options: QueueOptions): Settling<H> {
  const { limits, label } = driver;
  /** Messages that were not passed over: each of them holds an event that counts. */
  let counted = 0;
  const { limit = Number.POSITIVE_INFINITY } = options;
  const held = openHeld(driver, { wanted: () => Math.max(1, limit - counted) });
  const counts = createTally(held, () => driver.unconfirmed?.() ?? 0);
  const left = createDigestSet();
  /** Removed, confirmed by the server, where that is not certain for good. */
  const acked = createRecentKeys(RECENT);
  const isRemoved = (key: string) => limits.removesForGood !== true && acked.has(key);
  const removed = (key: string) => {
    if (limits.removesForGood !== true) acked.add(key);
  };
  /** Taken by every sink, and still in the queue as far as is known. */
  const owed = new Map<string, Debt>();
  /** On their way to be removed, with their newest handles. */
  const leaving = new Map<string, Message<H>>();
  const toReturn: Message<H>[] = [];
  const asides = new Set<Promise<void>>();

  const aside = (work: Promise<void>) => {
    const done: Promise<void> = work.finally(() => asides.delete(done));
    asides.add(done);
  };
  const giveBack = (messages: readonly Message<H>[]) => {
    if (limits.returnsAtOnce === true) aside(held.quiet().then(() => release(driver, messages)));
    else if (limits.left !== undefined || toReturn.length < MOST_RETURNED) toReturn.push(...messages.map(withoutBody));
  };
  /** Every sink has it, and it came again: it is removed by its newest handle. */
  const removeAgain = async (message: Message<H>) => {
    const { key } = message;
    const debt = owed.get(key);
    owed.delete(key);
    if (debt === undefined) counts.cameAgain++;
    else counts[debt]--;
    const answer = await acknowledge(driver, [message]);
    if (answer.acked.length > 0) {
      if (debt !== undefined) counts.acked++;
      removed(key);
    } else for (const kind of DEBTS) owe(kind, answer[kind]);
  };
  const owe = (kind: Debt, messages: readonly Message<H>[]) => {
    counts[kind] += messages.length;
    for (const { key } of messages) owed.set(key, kind);
  };
  const given = (keys: readonly string[]) => {
    const messages: Message<H>[] = [];
    for (const key of keys) {
      const message = held.give(key);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  };
  const leave = (keys: readonly string[]) => {
    const messages = given(keys);
    for (const { key } of messages) left.add(key);
    counts.left += messages.length;
    giveBack(messages);
  };

  return {
    held,
    counts,
    get left() {
      return left.size + owed.size;
    },
    leave,
    isNew(message) {
      const { key } = message;
      if (left.size > 0 && left.has(key)) {
        if (limits.returnsAtOnce === true) giveBack([message]);
        return false;
      }
      if (leaving.has(key)) {
        leaving.set(key, message);
        return false;
      }
      if (!owed.has(key) && !isRemoved(key)) return held.take(message);
      if (!options.keep) aside(removeAgain(message));
      return false;
    },
    async settle(keys, { takenLines, quarantinedLines }) {
      counted += takenLines.length + quarantinedLines.length;
      const passes = options.ackRejected || limits.passesQuarantined === true;
      const removable = options.keep ? [] : passes ? [...takenLines, ...quarantinedLines] : takenLines;
      const toAck = given(removable.map((line) => keys[line] ?? ''));
      for (const message of toAck) leaving.set(message.key, message);
      if (removable.length < keys.length) {
        const isRemovable = new Set(removable);
        leave(keys.filter((_, line) => !isRemovable.has(line)));
      }
      await held.quiet();
      const answer = await acknowledge(driver, toAck);
      counts.refusal ??= answer.refusal;
      for (const { key } of answer.acked) removed(key);
      counts.acked += answer.acked.length;
      for (const kind of DEBTS) owe(kind, answer[kind]);
      for (const message of toAck) {
        const newest = leaving.get(message.key);
        leaving.delete(message.key);
        // What an old handle removes may come again, although the answer says that it is gone.
        if (newest !== undefined && newest !== message) aside(removeAgain(newest));
      }
      await Promise.all(asides);
    },
    whyStop() {
      if (counts.refusal !== undefined) return counts.refusal;
      return limits.left !== undefined && !options.looksOnly && toReturn.length >= limits.left
        ? tooManyLeft(label, toReturn.length)
        : undefined;
    },
    hasSeenEnough: () => limits.left !== undefined && options.looksOnly === true && toReturn.length >= MOST_LOOKED_AT,
    async [Symbol.asyncDispose]() {
      await held[Symbol.asyncDispose]();
      await Promise.all(asides);
      await release(driver, [...held.giveAll(), ...toReturn.splice(0)]);
    },
  };
}

/** What is given back in the end is remembered without what the producer sent. */
function withoutBody<H>(message: Message<H>): Message<H> {
  const { kind, queue } = message.letter;
  return { ...message, letter: { kind, queue, body: '' } };
}

function tooManyLeft(label: string, count: number): Error {
  return new CannotEvaluateError(
    `${label}: ${count} messages had to stay in the queue, and it would have to hold more of them back than is safe`,
    {
      code: 'too_many_left',
      hint: 'they lie in the quarantine: --ack-rejected removes them from the queue, or mend the cause and run again',
    },
  );
}
