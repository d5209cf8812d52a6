import type { Database } from '../../postgres/connection.js';
import { withRetry } from '../../postgres/retry.js';
import { sqlError } from '../../postgres/sql-error.js';
import type { Delivery, Sink, Verdict } from '../sink.js';
import { eachRun } from '../verdict-runs.js';
import { type Batch, isComplete, openVerdicts, range } from './batch.js';
import { type Closing, CommitLostError, commit, recallCommit, StalePartitionsError } from './commit.js';
import { describePlan, otherTimeWarning } from './describe.js';
import { createForesight } from './foresight.js';
import { lookUpFirst, searchKeys } from './known-first.js';
import { createKnownKeys } from './known-keys.js';
import { openBatch } from './open-batch.js';
import type { TablePlan } from './plan.js';
import { findExisting } from './probe.js';
import { createReadiness, type ReadyTable } from './readiness.js';
import { partitionKeyAt } from './strict-id.js';
import { createTempo, type Met } from './tempo.js';
import { writeBatch } from './write-batch.js';

export interface PostgresSinkOptions {
  readonly name: string;
  readonly database: Database;
  readonly plan: TablePlan;
  /** Whether the server tells its timeline. */
  readonly hasTimeline: boolean;
  readonly maxEvents: number;
  readonly retryForMs: number;
  readonly onWait: ((note: string) => void) | undefined;
  /** Whether ids that are there with another partition key are refused. */
  readonly strictId: boolean;
  /** More sentences for `describe()`. */
  readonly notes: readonly string[];
}

const MOST_BYTES = 32 * 1024 * 1024;
/** Partitions that come and go faster than this are somebody's mistake. */
const MOST_REFRESHES = 3;

/** Writes events into a table, each once: an event whose unique key is there already is a duplicate. */
export function createPostgresSink(options: PostgresSinkOptions): Sink {
  const { database, plan, hasTimeline } = options;
  const label = `${database.label}?table=${encodeURIComponent(`${plan.table.schema}.${plan.table.name}`)}`;
  const tempo = createTempo();
  const knownKeys = createKnownKeys(plan);
  const ready = createReadiness(database, plan);
  const foresight = createForesight(plan);
  const strictAt = options.strictId ? partitionKeyAt(plan) : undefined;
  let otherTimes = 0;
  const retrying = <T>(work: () => Promise<T>, signal: AbortSignal) =>
    withRetry(work, { label, retryForMs: options.retryForMs, onWait: options.onWait }, signal);

  const write = async (delivery: Delivery, table: ReadyTable, signal: AbortSignal) => {
    const verdicts = openVerdicts(delivery);
    const place = { plan, strictAt, table, delivery, verdicts };
    const closing = { tableOid: table.oid, hasTimeline, onCommitting: delivery.onCommitting };
    const lookUp = (keys: Batch) =>
      database.use(async (connection) => {
        await searchKeys(connection, keys, { tempo, knownKeys });
        await commit(connection, { ...closing, batch: keys });
      }, signal);
    const { encoded, keys } = await lookUpFirst(place, lookUp);
    const batch = encoded && { ...(await openBatch(encoded, place, signal)), isSearched: keys !== undefined };
    if (batch !== undefined) await writeWhole(batch, closing, signal);
    tempo.learn(metBy(verdicts, batch));
    // What is left of keys has been counted with them.
    otherTimes += (keys ?? batch)?.otherTimes ?? 0;
    return complete(verdicts);
  };

  const writeWhole = async (batch: Batch, closing: Omit<Closing, 'batch'>, signal: AbortSignal) => {
    try {
      await database.use(async (connection) => {
        await writeBatch(connection, batch, { tempo, knownKeys });
        await commit(connection, { ...closing, batch });
      }, signal);
    } catch (error) {
      if (!(error instanceof CommitLostError)) throw error;
      if (!(await hasCommitted(error.token, batch, signal))) throw error.cause;
    }
  };

  const recall = (token: string, signal: AbortSignal) => {
    const asked = { token, hasTimeline, waitForMs: options.retryForMs, onWait: options.onWait };
    return retrying(() => recallCommit(database, asked, signal), signal);
  };

  /** Asks for the outcome; where nobody knows it, keys that are all there mean that it was committed. */
  const hasCommitted = async (token: string, batch: Batch, signal: AbortSignal) => {
    const outcome = await recall(token, signal);
    return outcome === 'unknown' ? retrying(() => isThere(database, batch, signal), signal) : outcome === 'committed';
  };

  const attempt = async (delivery: Delivery, onWrite: () => void, signal: AbortSignal) => {
    const table = await ready(signal);
    for (let refreshes = 0; ; refreshes++) {
      onWrite();
      try {
        return await write(delivery, table, signal);
      } catch (error) {
        if (!isStale(error) || table.partitions === undefined || refreshes === MOST_REFRESHES) throw error;
        await table.partitions.refresh(signal);
      }
    }
  };

  return {
    label,
    name: options.name,
    onRepeat: 'ignored',
    limits: { maxEvents: options.maxEvents, maxBytes: MOST_BYTES, concurrency: database.sessions },
    encoder: {
      module: new URL('./encode/encoder.js', import.meta.url).href,
      keyModule: new URL('./encode/key-encoder.js', import.meta.url).href,
      options: plan.encoder,
    },
    // Which of two times comes first is told by whole events.
    prefersKeys: () => strictAt === undefined && tempo.prefersKeys,
    preview: foresight.see,
    describe() {
      const { notes, warnings } = describePlan(plan);
      return {
        notes: [...notes, ...options.notes],
        warnings: [...warnings, ...otherTimeWarning(plan, otherTimes)],
        partitions: foresight.partitions(),
      };
    },
    async deliver(delivery, signal) {
      let writes = 0;
      const onWrite = () => writes++;
      const verdicts = await retrying(() => attempt(delivery, onWrite, signal), signal);
      // A session that broke may still have something to send.
      if (writes === 1) delivery.onLetGo?.();
      return verdicts;
    },
    recall,
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

/** Whether every row that was taken for accepted is in the table. */
async function isThere(database: Database, batch: Batch, signal: AbortSignal): Promise<boolean> {
  return database.use(async (connection) => {
    for (const { group, target } of batch.groups) {
      const rows = range(group.first, group.end).filter(
        (row) => batch.verdicts[batch.encoded.events[row] ?? 0]?.kind === 'accepted',
      );
      const found = await findExisting(connection, batch, target.relation, rows);
      if (found.length < rows.length) return false;
    }
    return true;
  }, signal);
}

/** A partition was dropped or detached since its bounds were read. */
function isStale(error: unknown): boolean {
  return error instanceof StalePartitionsError || sqlError(error)?.code === '42P01';
}

/** A row that the table refused is met by whoever writes; what the encoder refused never gets there. */
function metBy(verdicts: Batch['verdicts'], batch: Batch | undefined): Met {
  const met = { duplicates: false, refusals: false, accepted: false };
  eachRun(verdicts, (verdict) => {
    if (verdict?.kind === 'duplicate') met.duplicates = true;
    else if (verdict?.kind === 'accepted') met.accepted = true;
  });
  for (const event of batch?.encoded.events ?? []) if (verdicts[event]?.kind === 'rejected') met.refusals = true;
  return met;
}

function complete(verdicts: Batch['verdicts']): readonly Verdict[] {
  if (!isComplete(verdicts)) throw new Error(`event ${verdicts.indexOf(undefined)} of the batch has no verdict`);
  return verdicts;
}
