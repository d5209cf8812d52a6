import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Work } from '../backfill/context.js';
import { openGate } from '../backfill/gate.js';
import { claimRange } from '../backfill/holders.js';
import type { BackfillPlan } from '../backfill/plan.js';
import { loadPlan } from '../backfill/plan-file.js';
import { openStates, type States } from '../backfill/states.js';
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
  const folder = join(options.stateDir, 'runs', id);
  const text = /^[\w-]+$/.test(id)
    ? await readFile(join(folder, 'run.json'), 'utf8').catch(() => undefined)
    : undefined;
  const record = text === undefined ? undefined : (JSON.parse(text) as RunRecord); // runs write it
  if (record?.command !== 'backfill') {
    throw new UsageError(`there is no backfill ${JSON.stringify(id)} under ${options.stateDir}`, {
      code: 'unknown_run',
      hint: `the ids stand in reports and under ${join(options.stateDir, 'runs')}; --state-dir names another folder`,
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
  readonly work: Work;
  readonly states: States;
  readonly jobs: number;
}

/**
 * Opens the target of a run again and holds its range while `body` works.
 * @throws UsageError, CannotEvaluateError or IncompleteError with what the user does next.
 */
export async function withRun<T>(
  call: Call,
  tell: (note: string) => void,
  body: (run: OpenRun, session: Connection) => Promise<T>,
): Promise<T> {
  const { options, io, stop } = call;
  const known = await findRun(call);
  const { folder, record, plan } = known;
  await using _lock = await lockFolder(options.stateDir);
  const url = targetOf(call, known);
  const jobs = options.jobs ?? 2;
  const fields = record.fields;
  const opened = await openPostgresTable(url, { fields, jobs, env: io.env, signal: stop.now });
  await using _sink = opened.sink;
  await using database = await connect(parseAddress(url, io.env), jobs + 3, stop.now);
  using states = openStates(folder);
  using gate = openGate({ folder, maxRate: options.maxRate, busy: undefined, tell });
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
    return await body({ ...known, work, states, jobs }, session);
  }, stop.now);
}

/** Where the run went to: secrets are in no state, so an address with a password has to be given again. */
function targetOf({ options, config }: Call, { record, plan }: KnownRun): string {
  const word = options.to ?? record.sinks[0] ?? '';
  const { url, name } = resolveSink(word, config, sinkSchemes);
  const label = name ?? redact(url, config.secrets);
  if (!/^postgres(?:ql)?:/i.test(url)) {
    throw new UsageError(`${label} is no Postgres table`, {
      code: 'backfill_target',
      hint: 'name the target of the run with --to',
    });
  }
  const address = new URL(url);
  const table = address.searchParams.get('table') ?? 'events';
  const isSame = table === plan.table.name || table === `${plan.table.schema}.${plan.table.name}`;
  if (isSame) return url;
  throw new UsageError(`run ${plan.run} went to table ${plan.table.schema}.${plan.table.name}, not to ${table}`, {
    code: 'changed_since',
    hint: 'name the target of the run with --to',
  });
}
