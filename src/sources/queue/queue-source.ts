import { CannotEvaluateError, UsageError } from '../../errors.js';
import type { QueueOptions, SourceContext } from '../context.js';
import { letterLine } from '../letter.js';
import type { BatchOutcome, PartFailure, RawBatch, Source } from '../source.js';
import { acknowledge, release } from './acknowledge.js';
import { createDigestSet } from './digest-set.js';
import type { Message, QueueDescription, QueueDriver } from './driver.js';
import { gather } from './gather.js';
import { type Held, openHeld } from './held.js';
import { openSnapshot, type Snapshot } from './snapshot.js';
import { createTally, type Tally } from './tally.js';

/** Messages in one batch. */
const BATCH_MESSAGES = 1_000;
/** So many messages that stay in the queue are remembered with their handles, to be given back at the end. */
const MOST_RETURNED = 10_000;
const LOOK_ONLY: QueueOptions = {
  follow: false,
  keep: true,
  ackRejected: false,
  liveQueue: true,
  snapshot: undefined,
};

/**
 * Makes a source of a queue's driver: receives ahead, holds what is under way, acknowledges what every sink has taken,
 * and gives the rest back.
 * @throws UsageError `live_queue` when the queue does not hold dead letters and `--live-queue` is not given.
 */
export async function openQueue<H>(driver: QueueDriver<H>, context: SourceContext): Promise<Source> {
  try {
    const signal = AbortSignal.timeout(60_000);
    const description = await driver.describe(signal);
    const options = context.dryRun === true ? LOOK_ONLY : (context.queue ?? LOOK_ONLY);
    refuseLive(driver.label, description, options);
    refuseDanger(driver.label, description, context);
    const snapshot = options.snapshot === undefined ? undefined : await openSnapshot(options.snapshot);
    return new QueueSource({
      driver,
      description,
      options,
      snapshot,
      batchMessages: context.batchRecords ?? BATCH_MESSAGES,
    });
  } catch (error) {
    await driver[Symbol.asyncDispose]();
    throw error;
  }
}

function refuseLive(label: string, { isDeadLetters, why }: QueueDescription, { liveQueue }: QueueOptions): void {
  if (isDeadLetters !== false || liveQueue) return;
  throw liveQueueError(label, why);
}

function liveQueueError(label: string, why: string): UsageError {
  return new UsageError(`${label} does not look like dead letters: ${why}`, {
    code: 'live_queue',
    hint: 'its messages may be meant for somebody else; add --live-queue when you want to take them all the same',
  });
}

function refuseDanger(label: string, { danger }: QueueDescription, { dryRun }: SourceContext): void {
  if (danger === undefined || dryRun !== true) return;
  throw new UsageError(`${label} cannot be looked at without harm: ${danger}`, {
    code: 'peek_harms',
    hint: 'replay it with --snapshot <file>, which keeps every message before anything else happens to it',
  });
}

interface Opened<H> {
  readonly driver: QueueDriver<H>;
  readonly description: QueueDescription;
  readonly options: QueueOptions;
  readonly snapshot: Snapshot | undefined;
  readonly batchMessages: number;
}

class QueueSource<H> implements Source {
  readonly label: string;
  readonly settles = 'messages';
  readonly parts;
  readonly decoder = { module: new URL('../dump/decode.js', import.meta.url).href, options: { cellTypes: {} } };
  private readonly held: Held<H>;
  private readonly counts: Tally;
  /** Messages that stay in the queue, by their keys: when they come again in this run they are not news. */
  private readonly left = createDigestSet();
  private readonly acked = createDigestSet();
  private toReturn: Message<H>[] = [];
  private received = 0;
  private hasSeenMarks = false;

  constructor(private readonly opened: Opened<H>) {
    const { driver } = opened;
    this.label = driver.label;
    this.parts = [{ label: driver.label, bytes: undefined, fingerprint: async () => undefined }];
    this.held = openHeld(driver);
    this.counts = createTally(this.held);
  }

  get notes(): readonly string[] {
    const { why, warnings } = this.opened.description;
    return [`${this.label}: ${why}`, ...warnings];
  }

  tally() {
    return this.counts.report();
  }

  async *batches(_done: unknown, signal: AbortSignal): AsyncGenerator<RawBatch | PartFailure> {
    const { driver, options, batchMessages } = this.opened;
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const reading = gather({
      ...{ driver, held: this.held, most: batchMessages, follows: options.follow, signal: both },
      left: () => this.left.size,
      isNew: (message) => this.isNew(message),
    });
    try {
      for await (const messages of reading) {
        signal.throwIfAborted();
        this.refuseUnmarked(messages);
        yield await this.batchOf(messages);
        const full = this.tooManyLeft();
        if (full !== undefined) {
          yield { kind: 'failure', part: 0, error: full };
          return;
        }
      }
      signal.throwIfAborted();
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) throw error;
      yield { kind: 'failure', part: 0, error };
    } finally {
      stop.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { driver, snapshot } = this.opened;
    await this.held[Symbol.asyncDispose]();
    await release(driver, [...this.held.giveAll(), ...this.toReturn.splice(0)]);
    await snapshot?.[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
  }

  /** Whether a received message is to be worked on; it is held then. */
  private isNew(message: Message<H>): boolean {
    const { key } = message;
    if (this.left.has(key)) {
      if (this.opened.driver.limits.returnsAtOnce) void release(this.opened.driver, [message]);
      return false;
    }
    if (this.acked.has(key)) {
      // Its removal was confirmed and it came all the same: the queue delivered it twice. Every sink has it.
      this.counts.cameAgain++;
      void acknowledge(this.opened.driver, [message]);
      return false;
    }
    return this.held.take(message);
  }

  private async batchOf(messages: readonly Message<H>[]): Promise<RawBatch> {
    const { snapshot, options } = this.opened;
    const lines = messages.map(({ letter }) => letterLine(letter));
    await snapshot?.write(messages, lines);
    const bytes = new Uint8Array(Buffer.from(lines.join('')));
    const from = this.received;
    this.received += bytes.length;
    const keys = messages.map(({ key }) => key);
    // A mere look holds nothing back: what it has seen is left where it is.
    if (options === LOOK_ONLY) this.leave(keys);
    return {
      ...{ kind: 'batch', part: 0, format: { kind: 'ndjson' }, from, to: this.received, bytes },
      ...{ lines: messages.length, undecodable: [], storedBytes: this.received },
      settle: (outcome) => this.settle(keys, outcome),
    };
  }

  private async settle(keys: readonly string[], { takenLines, quarantinedLines }: BatchOutcome): Promise<void> {
    const { driver, options } = this.opened;
    const removable = options.keep ? [] : [...takenLines, ...(options.ackRejected ? quarantinedLines : [])];
    const isRemovable = new Set(removable);
    await this.held.quiet();
    const toAck = removable.flatMap((line) => this.held.give(keys[line] ?? '') ?? []);
    this.leave(keys.filter((_, line) => !isRemovable.has(line)));
    const { acked, failed, lost } = await acknowledge(driver, toAck);
    for (const { key } of acked) this.acked.add(key);
    for (const { key } of [...failed, ...lost]) this.left.add(key);
    this.counts.acked += acked.length;
    this.counts.failed += failed.length;
    this.counts.lost += lost.length;
  }

  private leave(keys: readonly string[]): void {
    const { limits } = this.opened.driver;
    for (const key of keys) {
      const message = this.held.give(key);
      if (message === undefined) continue;
      this.left.add(key);
      this.counts.left++;
      if (limits.left !== undefined || limits.returnsAtOnce || this.toReturn.length < MOST_RETURNED)
        this.toReturn.push(message);
    }
    if (limits.returnsAtOnce) void release(this.opened.driver, this.toReturn.splice(0));
  }

  private refuseUnmarked(messages: readonly Message<H>[]): void {
    const { driver, description, options } = this.opened;
    if (this.hasSeenMarks || description.isDeadLetters !== undefined || options.liveQueue) return;
    this.hasSeenMarks = true;
    if (messages.some(({ isDead }) => isDead !== true)) {
      throw liveQueueError(driver.label, `${description.why}, and its first messages carry no mark of a dead letter`);
    }
  }

  private tooManyLeft(): Error | undefined {
    const most = this.opened.driver.limits.left;
    if (most === undefined || this.toReturn.length < most) return undefined;
    return new CannotEvaluateError(
      `${this.label}: ${this.toReturn.length} messages had to stay in the queue, and it would have to hold more of them back than is safe`,
      {
        code: 'too_many_left',
        hint: 'they lie in the quarantine: --ack-rejected removes them from the queue, or mend the cause and run again',
      },
    );
  }
}
