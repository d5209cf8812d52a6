import { join, resolve } from 'node:path';
import { UsageError } from '../../errors.js';
import type { Source } from '../../sources/source.js';
import { emptyAccounts } from '../accounts.js';
import { sizeOf } from './quarantine-tail.js';
import {
  createRun,
  findUnfinishedRun,
  newRunId,
  type RunRecord,
  runKey,
  type StoredRun,
  savePosition,
} from './run-record.js';

/** What identifies a run before anything of it has been opened. */
export interface RunIdentity {
  readonly stateDir: string;
  readonly command: string;
  readonly source: Source;
  /** Addresses of the sinks without secrets. */
  readonly sinks: readonly string[];
  /** What must stay the same until the run is finished, by the name a user knows it by. */
  readonly conditions: Readonly<Record<string, string>>;
}

/**
 * The unfinished run that the same command over the same source goes on with; undefined when there is none.
 * @throws UsageError when the source or a condition has changed since: `--fresh` starts anew.
 */
export async function resumableRun(identity: RunIdentity): Promise<StoredRun | undefined> {
  const run = await findUnfinishedRun(identity.stateDir, keyOf(identity));
  if (run === undefined) return undefined;
  // What cannot be recognised again (stdin) cannot be taken up again either.
  if (run.record.parts.some(({ fingerprint }) => fingerprint === undefined)) return undefined;
  await requireUnchanged(run.record, identity);
  return run;
}

/** What the runs of the same command over the same source share. */
export function keyOf({ command, source, sinks }: RunIdentity): string {
  return runKey(command, source.label, sinks);
}

/**
 * Holds what a run is about against what it would be about now.
 * @throws UsageError `changed_since` that names what differs.
 */
export async function requireUnchanged(record: RunRecord, identity: RunIdentity): Promise<void> {
  const changes = [...changedParts(record, await partsOf(identity.source)), ...changedConditions(record, identity)];
  if (changes.length === 0) return;
  throw new UsageError(`run ${record.id} is unfinished, and since it stopped ${changes.join(', ')}`, {
    code: 'changed_since',
    hint: 'put it back as it was to go on, or add --fresh to start anew (rows already in Postgres count as duplicates)',
  });
}

/**
 * Refuses to go on with a run whose sink is no longer where it was: a name in the configuration or a variable of the
 * environment may mean another table by now, and what the old one has taken would never reach the new one.
 * @throws UsageError `changed_since`.
 */
export function refuseMovedSinks(run: StoredRun, opened: readonly string[]): void {
  for (const [at, sink] of run.position?.accounts.sinks.entries() ?? []) {
    const typed = run.record.sinks[at];
    const now = opened[at];
    // A sink that could not be reached is known by what was typed, and says nothing of where it is.
    if (now === undefined || sink.label === now || sink.label === typed || now === typed) continue;
    throw new UsageError(`run ${run.record.id} is unfinished, and it went to ${sink.label}, not to ${now}`, {
      code: 'changed_since',
      hint: 'put the sink back as it was to go on, or add --fresh to start anew',
    });
  }
}

/** Starts a run: from here on it is found again by `resumableRun`. */
export async function startRun(
  identity: RunIdentity,
  rest: Pick<RunRecord, 'fields'> & {
    readonly now: Date;
    readonly quarantine: string | undefined;
    readonly sinkLabels: readonly string[];
  },
): Promise<StoredRun> {
  const run = await createRun(identity.stateDir, await newRecord(identity, rest));
  await savePosition(run.folder, {
    state: 'unfinished',
    done: [],
    accounts: emptyAccounts(rest.sinkLabels),
    quarantineBytes: await sizeOf(run.record.quarantine),
    resumed: 0,
    elapsedMs: 0,
  });
  return run;
}

/** What a new run is about. Nothing is written. */
export async function newRecord(
  identity: RunIdentity,
  rest: Pick<RunRecord, 'fields'> & { readonly now: Date; readonly quarantine: string | undefined },
): Promise<Omit<RunRecord, 'formatVersion'>> {
  const { stateDir, command, source, sinks, conditions } = identity;
  const id = newRunId(rest.now);
  const quarantine =
    rest.quarantine === undefined ? join(stateDir, 'runs', id, 'quarantine.ndjson') : resolve(rest.quarantine);
  return {
    id,
    command,
    startedAt: rest.now.toISOString(),
    key: keyOf(identity),
    source: source.label,
    sinks,
    parts: await partsOf(source),
    conditions,
    fields: rest.fields,
    quarantine,
  };
}

async function partsOf(source: Source): Promise<RunRecord['parts']> {
  const parts = [];
  for (const part of source.parts) {
    // Why a part cannot be read is told when it is its turn; it does not stop the others.
    const fingerprint = await part.fingerprint().catch(() => 'unreadable');
    parts.push({ label: part.label, fingerprint });
  }
  return parts;
}

function changedParts(record: RunRecord, parts: RunRecord['parts']): string[] {
  const before = new Map(record.parts.map(({ label, fingerprint }) => [label, fingerprint]));
  const now = new Set(parts.map(({ label }) => label));
  const gone = record.parts.filter(({ label }) => !now.has(label)).map(({ label }) => `${label} has gone`);
  const changed = parts.flatMap(({ label, fingerprint }) => {
    if (!before.has(label)) return [`${label} has been added`];
    return before.get(label) === fingerprint ? [] : [`${label} has changed`];
  });
  return [...gone, ...changed];
}

function changedConditions(record: RunRecord, { conditions }: RunIdentity): string[] {
  const names = new Set([...Object.keys(record.conditions), ...Object.keys(conditions)]);
  return [...names].filter((name) => record.conditions[name] !== conditions[name]).map((name) => `${name} has changed`);
}
