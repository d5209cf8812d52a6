import type { Database } from '../../postgres/connection.js';
import { withRetry } from '../../postgres/retry.js';
import { sqlError } from '../../postgres/sql-error.js';
import type { Delivery, Sink, Verdict } from '../sink.js';
import { type Batch, openVerdicts, range } from './batch.js';
import { CommitLostError, commit, recallCommit, StalePartitionsError } from './commit.js';
import { describePlan, otherTimeWarning } from './describe.js';
import type { EncodedRows } from './encode/encoded-rows.js';
import { createForesight } from './foresight.js';
import { createKnownKeys } from './known-keys.js';
import { qualified } from './partition-map.js';
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
    const batch = await openBatch(delivery, { plan, strictAt }, table, signal);
    try {
      await database.use(async (connection) => {
        await writeBatch(connection, batch, { tempo, knownKeys });
        await commit(connection, { batch, tableOid: table.oid, hasTimeline, onCommitting: delivery.onCommitting });
      }, signal);
    } catch (error) {
      if (!(error instanceof CommitLostError)) throw error;
      if (!(await hasCommitted(error.token, batch, signal))) throw error.cause;
    }
    tempo.learn(metBy(batch));
    otherTimes += batch.otherTimes;
    return complete(batch);
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
    encoder: { module: new URL('./encode/encoder.js', import.meta.url).href, options: plan.encoder },
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

async function openBatch(
  delivery: Delivery,
  { plan, strictAt }: Pick<Batch, 'plan' | 'strictAt'>,
  { partitions }: ReadyTable,
  signal: AbortSignal,
): Promise<Batch> {
  const encoded = delivery.encoded as EncodedRows; // made by this sink's encoder
  const table = qualified(plan.table);
  const groups = [];
  for (const group of encoded.groups) {
    const target = (await partitions?.targetOf(group.target, signal)) ?? { relation: table, partition: undefined };
    groups.push({ group, target });
  }
  const otherTimes = strictAt === undefined ? encoded.otherTimes : 0;
  const { idHashes } = delivery.events;
  return { plan, encoded, idHashes, table, groups, strictAt, otherTimes, verdicts: openVerdicts(delivery) };
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

function metBy({ encoded, verdicts }: Batch): Met {
  const met = { duplicates: false, refusals: false, accepted: false };
  for (const event of encoded.events) {
    const kind = verdicts[event]?.kind;
    if (kind === 'duplicate') met.duplicates = true;
    else if (kind === 'rejected') met.refusals = true;
    else met.accepted = true;
  }
  return met;
}

function complete({ verdicts }: Batch): readonly Verdict[] {
  return verdicts.map((verdict, index) => {
    if (verdict === undefined) throw new Error(`event ${index} of the batch has no verdict`);
    return verdict;
  });
}
