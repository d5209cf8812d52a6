import { join } from 'node:path';
import type { Hands } from '../backfill/backfill-target.js';
import type { Undertaking, Work } from '../backfill/context.js';
import { openGate } from '../backfill/gate.js';
import { claimRange } from '../backfill/holders.js';
import type { BackfillPlan, DayBackfill, TableBackfill } from '../backfill/plan.js';
import type { States } from '../backfill/states.js';
import { tableHands } from '../backfill/table-hands.js';
import { type LoadLimits, openLoadWatch } from '../backfill/target-load.js';
import { redact } from '../config/redact.js';
import { resolveSink } from '../config/resolve.js';
import { UsageError } from '../errors.js';
import type { RunRecord } from '../flow/state/run-record.js';
import { parseAddress } from '../postgres/address.js';
import type { Connection } from '../postgres/connection.js';
import { holdSession } from '../postgres/held-session.js';
import { connect } from '../postgres/server.js';
import { sinkSchemes } from '../sinks/open.js';
import { openPostgresTable } from '../sinks/postgres/postgres.js';
import type { LaterOptions } from './backfill-later-options.js';
import type { Invocation } from './command.js';
import { withSessionName } from './work-sessions.js';

/** A run that exists, with its plan and states, and nothing opened. */
export interface KnownRun {
  readonly folder: string;
  readonly record: RunRecord;
  readonly plan: BackfillPlan;
}

/** A run that exists, ready to be worked on. */
export interface OpenRun extends KnownRun {
  readonly work: Undertaking;
  readonly hands: Hands;
  readonly states: States;
  readonly jobs: number;
}

/** A run into a table, and a session that holds its range. */
export interface OpenTableRun extends OpenRun {
  readonly work: Work;
  readonly session: Connection;
}

/** The same until it is closed. */
export type OpenTarget = OpenTableRun & AsyncDisposable;

type Options = Pick<LaterOptions, 'jobs' | 'maxLock' | 'maxRate'>;
type Target = Pick<Invocation<LaterOptions>, 'config' | 'io' | 'stop'> & { readonly options: Options };

/** What is known of a run before its target is open. */
export interface Known {
  readonly known: KnownRun;
  readonly states: States;
  /** Addresses or names, one of which is the run's target. */
  readonly words: readonly string[];
  /** What makes the work wait. */
  readonly limits: LoadLimits | undefined;
  readonly tell: (note: string) => void;
  /** What its sessions are called in the server. */
  readonly sessions?: string;
}

/** Opens the target of a run and holds its range while `body` works. */
export async function withTarget<T>(call: Target, known: Known, body: (run: OpenTableRun) => Promise<T>): Promise<T> {
  await using target = await openTarget(call, known);
  return await body(target);
}

/**
 * Opens the target of a run and holds its range until it is closed.
 * @throws UsageError, CannotEvaluateError or IncompleteError with what the user does next.
 */
export async function openTarget(call: Target, known: Known): Promise<OpenTarget> {
  const closing: AsyncDisposable[] = [];
  const close = async () => {
    for (const each of closing.splice(0).toReversed()) await each[Symbol.asyncDispose]();
  };
  try {
    return { ...(await openInto(closing, call, known)), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Everything that is opened is added to `closing`. */
async function openInto(
  closing: AsyncDisposable[],
  call: Target,
  { known, states, words, limits, tell, sessions }: Known,
): Promise<OpenTableRun> {
  const { options, io, stop } = call;
  const { folder, record, plan } = known;
  if (plan.method === 'deliver') throw noTable(plan);
  const address = targetOf(call, plan, words);
  const url = sessions === undefined ? address : withSessionName(address, sessions);
  const jobs = options.jobs ?? 2;
  const context = { fields: record.fields, jobs, env: io.env, signal: stop.now };
  const opened = await openPostgresTable(url, context, plan.scheme);
  closing.push(opened.sink);
  const database = await connect(parseAddress(url, io.env), jobs + 3, stop.now);
  closing.push(database);
  const busy = limits && (await openLoadWatch(database, limits, stop.now));
  const gate = openGate({ folder, maxRate: options.maxRate, busy, tell });
  closing.push({ [Symbol.asyncDispose]: async () => gate[Symbol.dispose]() });
  const work: Work = {
    plan,
    table: opened.plan,
    database,
    sink: opened.sink,
    states,
    slices: join(folder, 'slices'),
    folder,
    parts: record.parts,
    gate,
    maxLockMs: options.maxLock,
    signal: stop.now,
    finish: stop.finish,
    tell,
  };
  const held = await holdSession(database, stop.now);
  closing.push(held);
  const { session } = held;
  await claimRange(session, {
    tableOid: opened.plan.table.oid ?? '0',
    run: plan.run,
    fromS: (plan.sinceUs ?? Number.NEGATIVE_INFINITY) / 1e6,
    toS: (plan.untilUs ?? Number.POSITIVE_INFINITY) / 1e6,
  });
  return { ...known, work, hands: tableHands(work), states, jobs, session };
}

/** Services have no partitions that could be exchanged or dropped. */
function noTable({ run, sink }: DayBackfill): UsageError {
  return new UsageError(`run ${run} went to ${sink.label}: what was sent there cannot be taken back`, {
    code: 'no_way_back',
    hint: 'delete the events with the means of the service; respool runs prune removes the slices of old runs',
  });
}

/** Where the run went to: secrets are in no state, so an address with a password has to be given again. */
function targetOf({ config }: Target, plan: TableBackfill, words: readonly string[]): string {
  const urls = words.map((word) => resolveSink(word, config, sinkSchemes).url);
  const found = urls.find((url) => /^postgres(?:ql)?:/i.test(url) && isTableOf(url, plan));
  if (found !== undefined) return found;
  const given = urls.map((url) => redact(url, config.secrets)).join(', ');
  throw new UsageError(`run ${plan.run} went to table ${plan.table.schema}.${plan.table.name}, not to ${given}`, {
    code: 'changed_since',
    hint: 'name the target of the run with --to',
  });
}

function isTableOf(url: string, { table }: TableBackfill): boolean {
  const name = new URL(url).searchParams.get('table') ?? 'events';
  return name === table.name || name === `${table.schema}.${table.name}`;
}
