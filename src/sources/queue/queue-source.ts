import { UsageError } from '../../errors.js';
import type { QueueOptions, SourceContext } from '../context.js';
import { type Letter, letterLine } from '../letter.js';
import { packLetters } from '../letter-batch.js';
import type { PartFailure, RawBatch, Source, SourceStanding } from '../source.js';
import type { Message, QueueDescription, QueueDriver } from './driver.js';
import { gather } from './gather.js';
import { openSettling, type Settling } from './settling.js';
import { openSnapshot, type Snapshot } from './snapshot.js';

/** Messages in one batch. */
const BATCH_MESSAGES = 1_000;
const LOOK_ONLY: QueueOptions = {
  follow: false,
  keep: true,
  ackRejected: false,
  liveQueue: true,
  snapshot: undefined,
  looksOnly: true,
};

/**
 * Makes a source of a queue's driver: receives ahead, holds what is under way, acknowledges what every sink has taken,
 * and gives the rest back.
 * @throws UsageError `live_queue` when the queue does not hold dead letters and `--live-queue` is not given.
 */
export async function openQueue<H>(driver: QueueDriver<H>, context: SourceContext): Promise<Source> {
  try {
    const description = await driver.describe(AbortSignal.timeout(60_000));
    const options = context.dryRun === true ? LOOK_ONLY : (context.queue ?? LOOK_ONLY);
    refuseLive(driver.label, description, options);
    refuseDanger(driver.label, description, context);
    const snapshot = options.snapshot === undefined ? undefined : await openSnapshot(options.snapshot);
    const { limit = BATCH_MESSAGES } = options;
    const batchMessages = Math.min(context.batchRecords ?? BATCH_MESSAGES, driver.limits.held, limit);
    return new QueueSource({ driver, description, options, snapshot, batchMessages });
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

function seenOnly(label: string, seen: number, { ready }: QueueDescription): string {
  const of = ready === undefined ? '' : ` of ${ready.toLocaleString('en')}`;
  return `${label}: only the first ${seen.toLocaleString('en')}${of} messages were looked at; more cannot be held unacknowledged for a look without a burden on the server`;
}

/** What the messages themselves tell where the queue does not: the oldest of those received, and when it goes. */
function expiryOf({ retentionMs, firstExpiresMs }: QueueDescription, oldestMs: number): SourceStanding {
  if (retentionMs === undefined || firstExpiresMs !== undefined || !Number.isFinite(oldestMs)) return {};
  return { oldestMs, firstExpiresMs: oldestMs + retentionMs };
}

function sentMs({ sentAt }: Letter): number {
  const ms = sentAt === undefined ? Number.NaN : Date.parse(sentAt);
  return Number.isNaN(ms) ? Number.POSITIVE_INFINITY : ms;
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
  readonly decoder = { module: new URL('./decode-letters.js', import.meta.url).href, options: undefined };
  private readonly settling: Settling<H>;
  private readonly closing = new AbortController();
  private received = 0;
  /** When the oldest message that was received had been sent, milliseconds since the Unix epoch. */
  private oldestMs = Number.POSITIVE_INFINITY;
  private hasSeenMarks = false;
  private seenOnly: readonly string[] = [];

  constructor(private readonly opened: Opened<H>) {
    const { driver, options } = opened;
    this.label = driver.label;
    this.parts = [{ label: driver.label, bytes: undefined, fingerprint: async () => undefined }];
    this.settling = openSettling(driver, options);
  }

  get standing() {
    const { description } = this.opened;
    return { ...expiryOf(description, this.oldestMs), ...description };
  }

  get notes(): readonly string[] {
    const { why, warnings } = this.opened.description;
    return [`${this.label}: ${why}`, ...warnings, ...this.seenOnly];
  }

  tally() {
    const report = this.settling.counts.report();
    return { ...report, notes: [...report.notes, ...(this.opened.driver.notes?.() ?? [])] };
  }

  async *batches(_done: unknown, signal: AbortSignal): AsyncGenerator<RawBatch | PartFailure> {
    const stop = new AbortController();
    try {
      for await (const messages of this.reading(AbortSignal.any([signal, stop.signal, this.closing.signal]))) {
        signal.throwIfAborted();
        this.refuseUnmarked(messages);
        yield await this.batchOf(messages);
        if (this.settling.hasSeenEnough()) {
          this.seenOnly = [seenOnly(this.label, this.settling.left, this.opened.description)];
          return;
        }
        const error = this.settling.whyStop();
        if (error === undefined) continue;
        yield { kind: 'failure', part: 0, error };
        return;
      }
      signal.throwIfAborted();
      if (this.closing.signal.aborted) return;
      await this.countElsewhere(signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) throw error;
      yield { kind: 'failure', part: 0, error };
    } finally {
      stop.abort();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { driver, snapshot } = this.opened;
    this.closing.abort();
    await this.settling[Symbol.asyncDispose]();
    await snapshot?.[Symbol.asyncDispose]();
    await driver[Symbol.asyncDispose]();
  }

  private reading(signal: AbortSignal) {
    const { driver, options, batchMessages } = this.opened;
    const { settling } = this;
    return gather({
      ...{ driver, held: settling.held, most: batchMessages, follows: options.follow, signal },
      left: () => settling.left,
      isNew: (message) => settling.isNew(message),
    });
  }

  private async batchOf(messages: readonly Message<H>[]): Promise<RawBatch> {
    const { snapshot, options } = this.opened;
    const letters = messages.map(({ letter }) => letter);
    if (this.opened.description.retentionMs !== undefined)
      this.oldestMs = Math.min(this.oldestMs, ...letters.map(sentMs));
    await snapshot?.write(messages, letters.map(letterLine));
    const packed = packLetters(letters);
    const from = this.received;
    this.received += packed.bytes.length;
    const keys = messages.map(({ key }) => key);
    // A mere look holds nothing back: what it has seen is left where it is.
    if (options === LOOK_ONLY) this.settling.leave(keys);
    return {
      ...{ kind: 'batch', part: 0, from, to: this.received, ...packed },
      ...{ lines: messages.length, undecodable: [], storedBytes: this.received },
      settle: (outcome) => this.settling.settle(keys, outcome),
    };
  }

  private refuseUnmarked(messages: readonly Message<H>[]): void {
    const { driver, description, options } = this.opened;
    if (this.hasSeenMarks || description.isDeadLetters !== undefined || options.liveQueue) return;
    this.hasSeenMarks = true;
    if (messages.some(({ isDead }) => isDead !== true)) {
      throw liveQueueError(driver.label, `${description.why}, and its first messages carry no mark of a dead letter`);
    }
  }

  /** What others hold, or what is blocked, is not ours to wait for, but it is not done either. */
  private async countElsewhere(signal: AbortSignal): Promise<void> {
    const { driver, options } = this.opened;
    if (options.follow) return;
    const { inFlight = 0, ready = 0 } = await driver.describe(signal);
    const { held, left, counts } = this.settling;
    counts.elsewhere = Math.max(0, inFlight - held.size - left);
    if (driver.limits.keepsOrder === true) counts.behind = Math.max(0, ready - left);
  }
}
