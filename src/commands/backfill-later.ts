import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPlan } from '../backfill/plan-file.js';
import { requireOwn } from '../backfill/queue/handed-out.js';
import { openStates, type States } from '../backfill/states.js';
import type { LoadLimits } from '../backfill/target-load.js';
import { UsageError } from '../errors.js';
import { lockFolder } from '../flow/state/lock.js';
import type { RunRecord } from '../flow/state/run-record.js';
import type { LaterOptions } from './backfill-later-options.js';
import { type KnownRun, type OpenRun, type OpenTableRun, withTarget } from './backfill-run-target.js';
import type { Invocation } from './command.js';
import type { ReplayOptions } from './replay-options.js';

type Call = Invocation<LaterOptions>;

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
  await requireOwn(known.folder, known.plan.run);
  using states = openStates(known.folder);
  return await body(known, states);
}

function wordsOf({ options }: Call, { record }: KnownRun): readonly string[] {
  return [options.to ?? record.sinks[0] ?? ''];
}
