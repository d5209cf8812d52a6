import { join, resolve } from 'node:path';
import { IncompleteError } from '../errors.js';
import { emptyAccounts } from '../flow/accounts.js';
import { sizeOf } from '../flow/state/quarantine-tail.js';
import { keyOf, newRecord, requireUnchanged } from '../flow/state/resume.js';
import { createRun, type RunRecord, readRun, type StoredRun, savePosition } from '../flow/state/run-record.js';
import type { Database } from '../postgres/connection.js';
import { gatherInto } from '../replay/gather.js';
import { openWatched } from '../replay/hand-out.js';
import type { Orders } from '../replay/orders.js';
import { openSink } from '../sinks/open.js';
import { askOf } from '../work/tables.js';
import type { Invocation } from './command.js';
import type { ReplayCommandOptions } from './replay.js';
import { type OpenReplay, openReplay, REPLAY } from './replay-open.js';
import { orderOf } from './replay-order.js';
import { refuseSinks, refuseSource } from './replay-refused.js';
import type { WorkQueue } from './work-queue.js';

type Call = Invocation<ReplayCommandOptions>;

/** A replay that is open to be handed out: only workers read and write. */
export type OpenShared = OpenReplay & {
  /** Runs of the same command over the same source share it. */
  readonly key: string;
};

/**
 * Opens source and sinks to be looked at, and finds the unfinished run of the same command in the database of the queue.
 * @throws RespoolError with what the user does next.
 */
export async function openShared(call: Call, orders: Orders): Promise<OpenShared> {
  const open = await openReplay(call, {
    ...REPLAY,
    command: 'replay --queue',
    accept: refuseSource,
    openSink: (url, context) => openSink(url, { ...context, dryRun: true }),
    findRun: async (identity) => {
      const order = await orders.find(keyOf(identity));
      if (order === undefined) return undefined;
      await requireUnchanged(order.record, identity);
      return ownCopy(call, order.record);
    },
  });
  try {
    refuseSinks(open.sinks);
    return { ...open, key: keyOf(open.identity) };
  } catch (error) {
    await open[Symbol.asyncDispose]();
    throw error;
  }
}

/** The folder of a run in this state folder, made where another machine or folder has begun the run. */
async function ownCopy({ options }: Call, record: RunRecord): Promise<StoredRun> {
  const known = await readRun(join(options.stateDir, 'runs', record.id));
  if (known?.position !== undefined) return known;
  const quarantine =
    options.quarantine === undefined
      ? join(options.stateDir, 'runs', record.id, 'quarantine.ndjson')
      : resolve(options.quarantine);
  const run = await createRun(options.stateDir, { ...record, quarantine });
  const position = {
    state: 'unfinished' as const,
    ...{ done: [], accounts: emptyAccounts(record.sinks), resumed: 0, elapsedMs: 0 },
    quarantineBytes: await sizeOf(quarantine),
  };
  await savePosition(run.folder, position);
  return { ...run, position: { formatVersion: 1, ...position } };
}

const LARGEST = 64 * 1024 * 1024;
const SMALLEST = 8 * 1024 * 1024;
/** So many slices there should be, where they would not become too small: workers differ in speed. */
const ENOUGH = 16;

/** Begins a run: its slices are cut, and all of it is in the database. */
export async function beginRun(call: Call, open: OpenShared, orders: Orders): Promise<StoredRun> {
  const { options, stop } = call;
  const { identity, source, fields } = open;
  const total = source.parts.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  const bytes = options.slice ?? Math.min(LARGEST, Math.max(SMALLEST, Math.ceil(total / ENOUGH)));
  const slices = (await source.slices?.(bytes, stop.now)) ?? [];
  const record = await newRecord(identity, { fields, now: new Date(), quarantine: options.quarantine });
  const run = await ownCopy(call, { ...record, formatVersion: 1 });
  await orders.begin({ record: run.record, work: orderOf(call, open) }, slices);
  return run;
}

/** Ends the unfinished run of a key: what its workers could not deliver is kept here. */
export async function giveUp(
  call: Call,
  { queue, orders, key }: { readonly queue: WorkQueue; readonly orders: Orders; readonly key: string },
): Promise<void> {
  const { signal } = { signal: call.stop.now };
  const order = await orders.find(key);
  if (order === undefined) return;
  const run = await ownCopy(call, order.record);
  const silent = { tell: () => undefined, onLook: () => undefined };
  const watched = await openWatched({ run: run.record.id, database: queue.database, signal, ...silent });
  await gatherInto(askOf(queue.database, signal), run, watched);
  await orders.end(run.record.id, 'given up');
}

const LOCK_CLASS = 0x7265_7374;

/**
 * Works while no other process hands out or watches runs of the same key.
 * @throws IncompleteError `run_watched` when one does.
 */
export async function holdAlone<T>(
  database: Database,
  { key, signal }: { readonly key: string; readonly signal: AbortSignal },
  body: () => Promise<T>,
): Promise<T> {
  return await database.use(async (session) => {
    const [row] = await session.rows(`select pg_try_advisory_lock(${LOCK_CLASS}, hashtext($1)) as held`, [key]);
    if (row?.held !== true) {
      throw new IncompleteError('another process hands this replay out, or watches it', {
        code: 'run_watched',
        hint: 'look there, or end it and run the same command again: the workers go on meanwhile',
      });
    }
    try {
      return await body();
    } finally {
      await session.run(`select pg_advisory_unlock_all()`).catch(() => undefined);
    }
  }, signal);
}
