import type { EventBatch } from '../../event/batch.js';
import { idOf } from '../../event/batch.js';
import {
  type Delivery,
  type Sink,
  type SinkDescription,
  SinkUnavailableError,
  type Verdict,
} from '../../sinks/sink.js';
import { type Book, type BookBatch, BUSY, FREE, TAKEN, TAKEN_HERE, UNKNOWN } from './ledger.js';
import { createUnderWay } from './under-way.js';

/** What to do with events of which an earlier run does not know whether they arrived. */
export type OnUnknown = 'verify' | 'skip' | 'resend';

export interface LedgerRules {
  readonly onUnknown: OnUnknown;
  /** Send whatever the ledger says. */
  readonly resend: boolean;
  /**
   * `run`: the ledger has begun empty, and what it knows has come before in this run. `ever`, the default: it may have
   * come in an earlier one, and then it belongs to the totals of this one all the same.
   */
  readonly scope?: 'run' | 'ever';
}

/** Whether the ledger has to guard a sink: the far side neither knows repeats nor takes totals of everything. */
export function needsLedger({ onRepeat, finish }: Pick<Sink, 'onRepeat' | 'finish'>): boolean {
  return onRepeat === 'duplicated' || (onRepeat === 'overwritten' && finish === undefined);
}

/**
 * Makes a sink idempotent: an event that was taken once is not sent again, whatever run or source it comes from. What
 * is about to be sent is noted before it is, and what became of it before its verdict is given.
 */
export async function withLedger(sink: Sink, book: Book, rules: LedgerRules): Promise<Sink> {
  if (sink.mark !== undefined) {
    if (!(await sink.mark.restore(await book.mark()))) await book.forget();
    await book.setMark(sink.mark.now());
  }
  const guarded = new GuardedSink(sink, book, rules);
  const { preview, find, finish } = sink;
  return {
    label: sink.label,
    name: sink.name,
    onRepeat: 'ignored',
    get limits() {
      return sink.limits;
    },
    ...(sink.encoder !== undefined && { encoder: sink.encoder }),
    describe: () => guarded.describe(),
    deliver: (delivery, signal) => guarded.deliver(delivery, signal),
    ...(preview !== undefined && { preview: preview.bind(sink) }),
    ...(find !== undefined && { find: find.bind(sink) }),
    ...(finish !== undefined && { finish: finish.bind(sink) }),
    [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
  };
}

const ACCEPTED: Verdict = { kind: 'accepted' };
const DUPLICATE: Verdict = { kind: 'duplicate' };

class GuardedSink {
  private readonly underWay = createUnderWay();
  private presumed = 0;

  constructor(
    private readonly sink: Sink,
    private readonly book: Book,
    private readonly rules: LedgerRules,
  ) {}

  describe(): SinkDescription {
    const description = this.sink.describe();
    const { presumed } = this;
    if (presumed === 0) return description;
    const warning = `events taken for delivered without proof (--on-unknown skip): ${presumed.toLocaleString('en')}`;
    return { ...description, warnings: [...description.warnings, warning] };
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<readonly Verdict[]> {
    const { events, part = 0, refused } = delivery;
    const wanted = new Uint8Array(events.count).fill(1);
    for (const [index, isSkipped] of delivery.skip?.entries() ?? []) if (isSkipped === 1) wanted[index] = 0;
    for (const { index } of refused) wanted[index] = 0;
    const passage = this.underWay.enter(events, wanted);
    try {
      for (const index of passage.repeats.keys()) wanted[index] = 0;
      await passage.clear;
      signal.throwIfAborted();
      const verdicts = await this.deliverWanted({ delivery, batch: { events, part }, wanted }, signal);
      for (const { index, verdict } of refused) verdicts[index] = verdict;
      for (const [index, first] of passage.repeats) verdicts[index] = verdictOfRepeat(verdicts[first]);
      return verdicts.map((verdict) => verdict ?? DUPLICATE);
    } finally {
      passage.leave();
    }
  }

  private async deliverWanted(job: Job, signal: AbortSignal): Promise<(Verdict | undefined)[]> {
    const { batch, wanted } = job;
    const standings = await this.book.look(batch, wanted);
    const found = await this.verify(batch, standings, signal);
    const verdicts = Array.from(standings, (standing, index) =>
      found.has(index) ? ACCEPTED : wanted[index] === 1 ? this.verdictOf(standing) : undefined,
    );
    // What was found is claimed too, so that it is noted as taken.
    const claimed = wanted.map((isWanted, index) =>
      isWanted === 1 && (verdicts[index] === undefined || found.has(index)) ? 1 : 0,
    );
    for (const [index, standing] of standings.entries()) if (this.isPresumed(standing)) claimed[index] = 1;
    await this.send({ ...job, claimed }, { standings, verdicts, signal });
    return verdicts;
  }

  /** Asks the sink for what is unknown, where that may decide it. */
  private async verify({ events }: BookBatch, standings: Uint8Array, signal: AbortSignal): Promise<Set<number>> {
    const { sink, rules } = this;
    const unknown = [...standings.keys()].filter((index) => standings[index] === UNKNOWN);
    if (unknown.length === 0 || sink.find === undefined || rules.onUnknown !== 'verify' || rules.resend)
      return new Set();
    if (sink.onRepeat === 'overwritten' || sink.mark !== undefined) return new Set();
    const ids = unknown.map((index) => idOf(events, index));
    const there = await sink.find(ids, windowOf(events, unknown), signal);
    return new Set(unknown.filter((_, at) => there.has(ids[at] ?? '')));
  }

  /** The verdict that the ledger gives; undefined when the event is to be sent. */
  private verdictOf(standing: number): Verdict | undefined {
    if (standing === TAKEN_HERE) return ACCEPTED;
    if (standing === TAKEN && !this.rules.resend) return DUPLICATE;
    if (standing === BUSY) return { kind: 'unsent', reason: 'another process is sending it at this moment' };
    if (standing !== UNKNOWN || this.rules.resend || this.isHarmless()) return undefined;
    if (this.rules.onUnknown === 'resend') return undefined;
    if (this.rules.onUnknown === 'skip') return ACCEPTED;
    return { kind: 'unknown', reason: NOBODY_KNOWS };
  }

  /** Events that are taken for accepted without proof, because the user says so. */
  private isPresumed(standing: number): boolean {
    return standing === UNKNOWN && this.verdictOf(standing) === ACCEPTED;
  }

  /** What is sent again replaces itself, or was taken back when the sink was opened. */
  private isHarmless(): boolean {
    return this.sink.onRepeat === 'overwritten' || this.sink.mark !== undefined;
  }

  private seesAll(): boolean {
    return this.sink.finish !== undefined && this.rules.scope !== 'run';
  }

  private async send(job: Job & Claimed, { standings, verdicts, signal }: Sending): Promise<void> {
    const { sink, book } = this;
    const { batch, claimed } = job;
    if (!claimed.includes(1) && !this.seesAll()) return;
    const claim = await book.claim(batch, claimed, { isForced: this.rules.resend, hasMark: sink.mark !== undefined });
    const states = standings.map((standing) => (standing === TAKEN_HERE ? TAKEN : standing === BUSY ? FREE : standing));
    const toSend = new Uint8Array(claimed.length);
    for (const [index, isClaimed] of claimed.entries()) {
      if (isClaimed !== 1) continue;
      if (claim.isMine[index] !== 1) verdicts[index] = this.verdictOf(BUSY);
      else if (verdicts[index] === undefined) toSend[index] = 1;
      else {
        states[index] = TAKEN;
        if (this.isPresumed(standings[index] ?? FREE)) this.presumed++;
      }
    }
    try {
      const answers = await this.pass(job, toSend, signal);
      for (const [index, isSent] of toSend.entries()) {
        if (isSent !== 1) continue;
        const verdict = answers[index] ?? LOST;
        verdicts[index] = verdict;
        states[index] = stateAfter(verdict, states[index] ?? FREE);
      }
    } catch (error) {
      // Certainly nothing was sent: the events stand as they did.
      if (error instanceof SinkUnavailableError) await claim.settle(states, sink.mark?.now());
      throw error;
    }
    await claim.settle(states, sink.mark?.now());
  }

  /** Hands the events that are to be sent to the sink; one that gathers totals sees the others too. */
  private async pass({ delivery, wanted }: Job, toSend: Uint8Array, signal: AbortSignal): Promise<readonly Verdict[]> {
    const { sink } = this;
    if (this.seesAll()) {
      return sink.deliver({ ...delivery, skip: inverse(wanted), sentBefore: inverse(toSend) }, signal);
    }
    return toSend.includes(1) ? sink.deliver({ ...delivery, skip: inverse(toSend) }, signal) : [];
  }
}

const inverse = (mask: Uint8Array) => mask.map((one) => 1 - one);

interface Job {
  readonly delivery: Delivery;
  readonly batch: BookBatch;
  /** 1 where the event is neither refused, nor skipped, nor a repetition. */
  readonly wanted: Uint8Array;
}

interface Claimed {
  /** 1 where it is to be sent, or to be noted as taken. */
  readonly claimed: Uint8Array;
}

interface Sending {
  readonly standings: Uint8Array;
  readonly verdicts: (Verdict | undefined)[];
  readonly signal: AbortSignal;
}

const LOST: Verdict = { kind: 'unknown', reason: 'the sink gave no answer for it' };
const NOBODY_KNOWS =
  'it was being sent when an earlier run stopped, and nothing proves that it arrived: ' +
  '--on-unknown resend sends it again (it may then be there twice), --on-unknown skip takes it for delivered';

function stateAfter(verdict: Verdict, before: number): number {
  if (verdict.kind === 'accepted' || verdict.kind === 'duplicate') return TAKEN;
  return verdict.kind === 'unknown' ? UNKNOWN : before;
}

/** What holds for the second of two events with one id in a delivery. */
function verdictOfRepeat(first: Verdict | undefined): Verdict {
  if (first === undefined || first.kind === 'accepted' || first.kind === 'duplicate') return DUPLICATE;
  if (first.kind !== 'rejected') return first;
  const reason = 'the event in front of it with the same id was rejected; replayed from the quarantine it is sent';
  return { kind: 'rejected', code: 'same_id_rejected', reason };
}

function windowOf({ timesUs }: EventBatch, indexes: readonly number[]) {
  let fromUs = Number.POSITIVE_INFINITY;
  let toUs = Number.NEGATIVE_INFINITY;
  for (const index of indexes) {
    const time = timesUs[index] ?? Number.NaN;
    if (time < fromUs) fromUs = time;
    if (time > toUs) toUs = time;
  }
  if (fromUs > toUs) return { fromMs: 0, toMs: Date.now() };
  return { fromMs: Math.floor(fromUs / 1_000), toMs: Math.ceil(toUs / 1_000) };
}
