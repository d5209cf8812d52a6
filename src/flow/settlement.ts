import type { Verdict } from '../sinks/sink.js';
import { eachRun } from '../sinks/verdict-runs.js';
import type { DoneStretch, Source } from '../sources/source.js';
import { type Accounts, accountsOf, addAccounts, emptyAccounts, withUnsent } from './accounts.js';
import { lineOutcomes } from './line-outcomes.js';
import { countRepeated, problemOf, quarantineEntries, type Returned } from './quarantine-entries.js';
import type { Journal } from './state/journal.js';
import type { RunPosition, StoredRun } from './state/run-record.js';
import { createStretches } from './state/stretches.js';
import { createTurns } from './turns.js';
import { createWords, type Word } from './words.js';

const CHECKPOINT_EVERY_MS = 500;

/** Brings batches to rest: quarantine first, then the position, then the word to the source. */
export interface Settlement extends AsyncDisposable {
  /** Everything that has come back in this run, settled or not. */
  readonly accounts: Accounts;
  settle(returned: Returned): Promise<void>;
  /** Says that a sink that sends only at the end has sent: what it answered holds. */
  finished(sink: string): void;
  /** Saves the position. `finished` says that nothing is left to do. */
  checkpoint(state: RunPosition['state']): Promise<void>;
}

interface Circumstances {
  readonly run: Pick<StoredRun, 'position'>;
  /** Where all of it is written; whoever opened it closes it behind this. */
  readonly journal: Journal;
  readonly source: Pick<Source, 'parts' | 'settles'>;
  readonly sinkLabels: readonly string[];
  /** Labels of the sinks that send only at the end: until each has, nothing is settled, and the run begins anew. */
  readonly gathering: readonly string[];
  readonly resumed: number;
  /** Milliseconds the run has taken, earlier invocations included. */
  readonly elapsedMs: () => number;
}

/** Opens the settlement of a run where its last checkpoint left it. */
export function openSettlement(circumstances: Circumstances): Settlement {
  const { run, sinkLabels } = circumstances;
  const settled =
    run.position === undefined ? emptyAccounts(sinkLabels) : relabelled(run.position.accounts, sinkLabels);
  return new SettlementOfRun(circumstances, settled);
}

/** A run's sinks keep their order; what one is called is only known for certain once it could be reached. */
function relabelled(accounts: Accounts, labels: readonly string[]): Accounts {
  return { ...accounts, sinks: accounts.sinks.map((sink, at) => ({ ...sink, label: labels[at] ?? sink.label })) };
}

class SettlementOfRun implements Settlement {
  private readonly done;
  private unsettled: Accounts;
  /** What is settled once the gathering sinks have sent. */
  private gathered: Gathered;
  private readonly gathering: Set<string>;
  /** Batches that wait for their turn. */
  private waiting = 0;
  private settledBytes: number;
  private settledTrail: number;
  /** Where quarantine and trail ended when the position was saved last. */
  private saved;
  private lastCheckpointMs = 0;
  private readonly turns = createTurns();
  private readonly words = createWords((error) => this.turns.fail(error));

  constructor(
    private readonly circumstances: Circumstances,
    private settled: Accounts,
  ) {
    const { run, journal } = circumstances;
    this.done = createStretches(run.position?.done);
    this.settledBytes = journal.quarantine.length;
    this.settledTrail = journal.trail.length;
    this.saved = { bytes: this.settledBytes, trail: this.settledTrail };
    this.unsettled = emptyAccounts(circumstances.sinkLabels);
    this.gathered = nothingGathered(circumstances.sinkLabels);
    this.gathering = new Set(circumstances.gathering);
  }

  get accounts(): Accounts {
    const { gathering } = this;
    const provisional = addAccounts(this.unsettled, this.gathered.accounts);
    return addAccounts(this.settled, gathering.size === 0 ? provisional : withUnsent(provisional, gathering));
  }

  async settle(returned: Returned): Promise<void> {
    this.waiting++;
    await this.turns.take(async () => {
      this.waiting--;
      const entries = quarantineEntries(returned);
      const { source } = this.circumstances;
      const part = source.parts[returned.item.raw.part]?.label ?? '';
      const isOfMessages = source.settles === 'messages';
      const isWhole = isOfMessages || [...returned.verdicts.values()].every(isSettled);
      const accounts = accountsOf(returned.item, returned.verdicts, {
        quarantined: isWhole ? entries.length : 0,
        repeated: countRepeated(entries),
        problems: entries.map((entry) => problemOf(entry, part)),
        ...duplicateKeyExample(returned, part),
      });
      if (!isWhole) {
        this.unsettled = addAccounts(this.unsettled, accounts);
        return;
      }
      const { quarantine, trail } = this.circumstances.journal;
      await quarantine.append(part, entries);
      await trail.append({ part, firstLine: returned.firstLine }, returned.item.prepared.repairs);
      this.gathered.accounts = addAccounts(this.gathered.accounts, accounts);
      // What a queue remembers is its own affair; what is left in it is not done.
      if (!isOfMessages) this.gathered.stretches.push(stretchOf(returned));
      else this.gathered.words.push(wordTo(returned));
      if (this.circumstances.gathering.length > 0) return;
      this.release();
      // Of several messages' batches that have come back the last one saves for all; none waits for long.
      if (this.isTimeToSave() || (isOfMessages && this.waiting === 0))
        await this.save('unfinished', this.needsPosition());
    });
    await this.words.heard();
  }

  finished(sink: string): void {
    this.gathering.delete(sink);
  }

  /** What has come back whole is settled. */
  private release(): void {
    const { accounts, stretches, words } = this.gathered;
    this.settled = addAccounts(this.settled, accounts);
    for (const stretch of stretches) this.done.add(stretch);
    this.words.keep(words);
    const { quarantine, trail } = this.circumstances.journal;
    this.settledBytes = quarantine.length;
    this.settledTrail = trail.length;
    this.gathered = nothingGathered(this.circumstances.sinkLabels);
  }

  private isTimeToSave(): boolean {
    return this.circumstances.elapsedMs() - this.lastCheckpointMs >= CHECKPOINT_EVERY_MS;
  }

  async checkpoint(state: RunPosition['state']): Promise<void> {
    await this.turns.take(() => {
      // A part of the events is not enough for a sink of totals: the run is settled as a whole, or begins anew.
      const isWhole =
        this.circumstances.source.settles === 'messages' || this.accounts.sinks.every(({ unsent }) => unsent === 0);
      if (this.gathering.size === 0 && isWhole) this.release();
      return this.save(state, true);
    });
    await this.words.heard();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.turns.over();
    await this.words.over();
  }

  private async save(state: RunPosition['state'], withPosition: boolean): Promise<void> {
    const { quarantine, trail } = this.circumstances.journal;
    await quarantine.sync();
    await trail.sync();
    if (withPosition) await this.savePosition(state);
    this.words.say();
  }

  /** Of messages the position tells only how many there were: it may lag behind while nothing is quarantined. */
  private needsPosition(): boolean {
    const { settledBytes, settledTrail, saved } = this;
    const isSaved = saved.bytes === settledBytes && saved.trail === settledTrail;
    return !isSaved || this.circumstances.source.settles !== 'messages' || this.isTimeToSave();
  }

  private async savePosition(state: RunPosition['state']): Promise<void> {
    const { journal, resumed, elapsedMs } = this.circumstances;
    await journal.savePosition({
      state,
      done: this.done.list(),
      accounts: this.settled,
      quarantineBytes: this.settledBytes,
      repairedBytes: this.settledTrail,
      resumed,
      elapsedMs: Math.round(elapsedMs()),
    });
    this.saved = { bytes: this.settledBytes, trail: this.settledTrail };
    this.lastCheckpointMs = elapsedMs();
    journal.intents.compact(({ part, from, to }) => this.done.covers(part, from, to));
  }
}

interface Gathered {
  accounts: Accounts;
  readonly stretches: DoneStretch[];
  /** Each tells the source what became of a batch. */
  readonly words: Word[];
}

/** What a queue is told of a batch. It may have to wait until the end of the run, so it holds nothing else of it. */
function wordTo(returned: Returned): Word {
  const outcome = lineOutcomes(returned);
  const { raw } = returned.item;
  return () => raw.settle(outcome);
}

function nothingGathered(sinkLabels: readonly string[]): Gathered {
  return { accounts: emptyAccounts(sinkLabels), stretches: [], words: [] };
}

function duplicateKeyExample({ item, firstLine }: Returned, part: string): { duplicateKeyExample?: string } {
  const found = item.prepared.remarks.duplicateKeyExample;
  if (found === undefined) return {};
  const where = `${part}:${firstLine + found.line}`;
  return { duplicateKeyExample: `${where}, byte ${item.raw.from + found.offset}: ${found.pointer}` };
}

/** Whether every event has a verdict that lasts. */
function isSettled(verdicts: readonly Verdict[] | undefined): boolean {
  if (verdicts === undefined) return false;
  let isWhole = true;
  eachRun(verdicts, ({ kind }) => {
    if (kind === 'unsent') isWhole = false;
  });
  return isWhole;
}

function stretchOf({ item: { raw, prepared } }: Returned) {
  return { part: raw.part, from: raw.from, to: raw.to, lines: raw.lines ?? prepared.lines };
}
