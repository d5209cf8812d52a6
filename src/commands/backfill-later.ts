import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hands } from '../backfill/backfill-target.js';
import type { Undertaking, Work } from '../backfill/context.js';
import { openGate } from '../backfill/gate.js';
import { claimRange } from '../backfill/holders.js';
import type { BackfillPlan, DayBackfill, TableBackfill } from '../backfill/plan.js';
import { loadPlan } from '../backfill/plan-file.js';
import { openStates, type States } from '../backfill/states.js';
import { tableHands } from '../backfill/table-hands.js';
import { type LoadLimits, openLoadWatch } from '../backfill/target-load.js';
import { redact } from '../config/redact.js';
import { resolveSink } from '../config/resolve.js';
import { UsageError } from '../errors.js';
import { lockFolder } from '../flow/state/lock.js';
import type { RunRecord } from '../flow/state/run-record.js';
import { parseAddress } from '../postgres/address.js';
import type { Connection } from '../postgres/connection.js';
import { connect } from '../postgres/server.js';
import { sinkSchemes } from '../sinks/open.js';
import { openPostgresTable } from '../sinks/postgres/postgres.js';
import type { LaterOptions } from './backfill-later-options.js';
import type { Invocation } from './command.js';
import type { ReplayOptions } from './replay-options.js';

type Call = Invocation<LaterOptions>;

/** A run that exists, with its plan and states, and nothing opened. */
export interface KnownRun {
  readonly folder: string;
  readonly record: RunRecord;
  readonly plan: BackfillPlan;
}

/**
 * Finds a backfill by its id.
 * @throws UsageError `unknown_run`, or `nothing_planned` while its source has not been read to its end.
 */
export async function findRun({ args, options }: Pick<Call, 'args' | 'options'>): Promise<KnownRun> {
  const [id = ''] = args;
  return loadRun(join(options.stateDir, 'runs', /^[\w-]+$/.test(id) ? id : '-'), id);
}

/** Loads the run in a folder. @throws like `findRun`. */
export async function loadRun(folder: string, id: string): Promise<KnownRun> {
  const text = await readFile(join(folder, 'run.json'), 'utf8').catch(() => undefined);
  const record = text === undefined ? undefined : (JSON.parse(text) as RunRecord); // runs write it
  if (record?.command !== 'backfill') {
    throw new UsageError(`there is no backfill ${JSON.stringify(id)} in ${folder}`, {
      code: 'unknown_run',
      hint: 'the ids stand in reports and under the state folder; --state-dir names another one',
    });
  }
  const plan = await loadPlan(folder);
  if (plan !== undefined) return { folder, record, plan };
  throw new UsageError(`run ${id} has no plan yet: its source has not been read to its end`, {
    code: 'nothing_planned',
    hint: 'run the same respool backfill command again',
  });
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

type Options = Pick<LaterOptions, 'jobs' | 'maxLock' | 'maxRate'>;
type Target = Pick<Call, 'config' | 'io' | 'stop'> & { readonly options: Options };

/** A command about a run that exists; what only some of them ask for is optional. */
export type LaterCall = Call & {
  readonly options: LaterOptions & Partial<Pick<ReplayOptions, 'resend' | 'onUnknown' | 'ledger'>>;
};

/**
 * Takes the state folder, opens the target of a run again and holds its range while `body` works.
 * @throws UsageError, CannotEvaluateError or IncompleteError with what the user does next.
 */
export async function withRun<T>(
  call: LaterCall,
  tell: (note: string) => void,
  body: (run: OpenRun) => Promise<T>,
  limits?: LoadLimits,
): Promise<T> {
  return withStates(call, async (known, states) => {
    const { plan } = known;
    if (plan.method !== 'deliver')
      return withTarget(call, { known, states, words: wordsOf(call, known), limits, tell }, body);
    const { withDays } = await import('./backfill-days-later.js');
    return withDays(call, { known, plan, states, limits, tell }, body);
  });
}

/** The same for what only a run into a table can do. @throws UsageError `no_way_back` for every other. */
export async function withTableRun<T>(
  call: Call,
  tell: (note: string) => void,
  body: (run: OpenTableRun) => Promise<T>,
): Promise<T> {
  const target = (known: KnownRun, states: States) =>
    withTarget(call, { known, states, words: wordsOf(call, known), limits: undefined, tell }, body);
  return withStates(call, target);
}

async function withStates<T>(call: Call, body: (known: KnownRun, states: States) => Promise<T>): Promise<T> {
  const known = await findRun(call);
  await using _lock = await lockFolder(call.options.stateDir);
  using states = openStates(known.folder);
  return await body(known, states);
}

function wordsOf({ options }: Call, { record }: KnownRun): readonly string[] {
  return [options.to ?? record.sinks[0] ?? ''];
}

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
export async function withTarget<T>(
  call: Target,
  { known, states, words, limits, tell, sessions }: Known,
  body: (run: OpenTableRun) => Promise<T>,
): Promise<T> {
  const { options, io, stop } = call;
  const { folder, record, plan } = known;
  if (plan.method === 'deliver') throw noTable(plan);
  const url = named(targetOf(call, plan, words), sessions);
  const jobs = options.jobs ?? 2;
  const opened = await openPostgresTable(url, { fields: record.fields, jobs, env: io.env, signal: stop.now });
  await using _sink = opened.sink;
  await using database = await connect(parseAddress(url, io.env), jobs + 3, stop.now);
  const busy = limits && (await openLoadWatch(database, limits, stop.now));
  using gate = openGate({ folder, maxRate: options.maxRate, busy, tell });
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
  return await database.use(async (session) => {
    await claimRange(session, {
      tableOid: opened.plan.table.oid ?? '0',
      run: plan.run,
      fromS: (plan.sinceUs ?? Number.NEGATIVE_INFINITY) / 1e6,
      toS: (plan.untilUs ?? Number.POSITIVE_INFINITY) / 1e6,
    });
    return await body({ ...known, work, hands: tableHands(work), states, jobs, session });
  }, stop.now);
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

function named(url: string, sessions: string | undefined): string {
  if (sessions === undefined) return url;
  const address = new URL(url);
  address.searchParams.set('application_name', sessions);
  return address.href;
}

function isTableOf(url: string, { table }: TableBackfill): boolean {
  const name = new URL(url).searchParams.get('table') ?? 'events';
  return name === table.name || name === `${table.schema}.${table.name}`;
}
