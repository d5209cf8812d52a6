import { rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { chooseFields, type Fields } from '../event/fields.js';
import { parseSplitPointer } from '../event/locate.js';
import { peek } from '../flow/peek.js';
import type { PrepareSpec } from '../flow/prepare/spec.js';
import type { LoadedRepair } from '../flow/repair/load.js';
import { lockFolder } from '../flow/state/lock.js';
import { checkQuarantine } from '../flow/state/quarantine-tail.js';
import { type RunIdentity, refuseMovedSinks, resumableRun } from '../flow/state/resume.js';
import type { StoredRun } from '../flow/state/run-record.js';
import { createWaitNote, type WaitNote } from '../flow/wait-note.js';
import type { Catalog } from '../schema/catalog.js';
import { openSink } from '../sinks/open.js';
import type { Sink } from '../sinks/sink.js';
import type { Source } from '../sources/source.js';
import type { Invocation } from './command.js';
import { confirm } from './confirm.js';
import { openRepair } from './repair-option.js';
import { identityOf, selectionOf } from './replay-identity.js';
import type { ReplayOptions } from './replay-options.js';
import { openSinks, refuseWholeSinks, sinkAddresses, sinkContext } from './replay-sinks.js';
import { openSources } from './replay-sources.js';
import { specOf } from './replay-spec.js';
import { openCatalog, saidOfFields } from './schema-option.js';
import { unwrapperFor } from './unwrap-option.js';

/** Everything that a replay needs, opened in the order in which one thing depends on another. */
export interface OpenReplay extends AsyncDisposable {
  readonly source: Source;
  readonly sinks: readonly Sink[];
  readonly spec: PrepareSpec;
  readonly jobs: number;
  readonly identity: RunIdentity;
  /** The run that is taken up again; undefined for a new one. */
  readonly resumed: StoredRun | undefined;
  readonly fields: Fields;
  /** Top-level members of the first events; undefined when none have been looked at. */
  readonly members: ReadonlySet<string> | undefined;
  /** Which fields were chosen, and why, in sentences. */
  readonly fieldNotes: readonly string[];
  readonly warnings: readonly string[];
  /** What each sink says while it waits. */
  readonly waitNotes: readonly WaitNote[];
}

type Call = Invocation<ReplayOptions>;

/** What a command that reads and delivers like a replay does in its own way. */
export interface Opening {
  /** The name under which its runs are found again. */
  readonly command: string;
  readonly openSink: typeof openSink;
  /** What else must stay the same until the run is finished, by the name a user knows it by. */
  readonly conditions: Readonly<Record<string, string>>;
  /** Looks at the source before anything is read. @throws UsageError when it is none for this command. */
  readonly accept?: (source: Source) => void;
  /** Finds the unfinished run of the same command; default in the state folder. */
  readonly findRun?: (identity: RunIdentity) => Promise<StoredRun | undefined>;
}

/** How `respool replay` opens. */
export const REPLAY: Opening = { command: 'replay', openSink, conditions: {} };

/**
 * Opens schema, source, fields and sinks of a replay. Unless it is a dry run, the state folder is this process's until
 * all is closed again.
 * @throws UsageError, CannotEvaluateError or IncompleteError with what the user does next.
 */
export async function openReplay(call: Call, opening: Opening = REPLAY): Promise<OpenReplay> {
  const closing: AsyncDisposable[] = [];
  try {
    return await openAll({ ...call, opening }, closing);
  } catch (error) {
    await closeAll(closing);
    throw error;
  }
}

/** @param closing receives everything that must be closed again. */
async function openAll(call: Call & { readonly opening: Opening }, closing: AsyncDisposable[]): Promise<OpenReplay> {
  const { options } = call;
  const catalog = await openCatalog(options);
  const repair = await openRepair(options.repair);
  await askFirst(call);
  const split = options.split === undefined ? undefined : parseSplitPointer(options.split);
  const opened = await openSources(call, catalog);
  closing.push(opened);
  call.opening.accept?.(opened);
  const addresses = sinkAddresses(call);
  if (options.quarantine !== undefined) {
    await checkQuarantine(
      options.quarantine,
      opened.parts.map(({ label }) => label),
    );
  }
  if (!options.dryRun) closing.push(await lockFolder(options.stateDir));
  const identity = identityOf(call, { source: opened, addresses, catalog, repair });
  const resumed = options.fresh || options.dryRun ? undefined : await (call.opening.findRun ?? resumableRun)(identity);
  const chosen = resumed
    ? { source: opened, fields: resumed.record.fields, notes: [], warnings: [], members: undefined }
    : await chooseBySample(call, { source: opened, catalog, repair, split });
  closing.push(chosen.source);
  const jobs = options.jobs ?? cpus().length;
  const scratch = join(options.stateDir, 'scratch');
  if (!options.dryRun) closing.push(await emptyFolder(scratch));
  const selection = selectionOf(call, opened);
  const waitNotes = addresses.map(createWaitNote);
  const sinks = await openSinks(addresses, closing, (url, at) =>
    call.opening.openSink(url, {
      ...sinkContext(call, { ...chosen, jobs, onWait: waitNotes[at]?.set }),
      source: opened.label,
      scratch: join(scratch, String(at)),
      ...(selection !== undefined && { selection }),
    }),
  );
  refuseWholeSinks(opened, sinks);
  if (resumed !== undefined) {
    const labels = sinks.map(({ label }) => label);
    refuseMovedSinks(resumed, labels);
  }
  return {
    source: chosen.source,
    sinks,
    jobs,
    identity,
    resumed,
    fields: chosen.fields,
    members: chosen.members,
    fieldNotes: chosen.notes,
    warnings: chosen.warnings,
    waitNotes,
    spec: specOf(call, { source: opened, fields: chosen.fields, catalog, repair, split, sinks }),
    [Symbol.asyncDispose]: () => closeAll(closing),
  };
}

/** What an earlier run has left in a folder of no lasting worth is removed, and what this one leaves too. */
async function emptyFolder(path: string): Promise<AsyncDisposable> {
  const remove = () => rm(path, { recursive: true, force: true });
  await remove();
  return { [Symbol.asyncDispose]: remove };
}

/** What could lose data is asked for before anything is opened. */
async function askFirst(call: Call): Promise<void> {
  const { ackRejected, liveQueue, dryRun } = call.options;
  if (dryRun) return;
  if (ackRejected) await confirm(call, '--ack-rejected removes messages from the queue that no sink has taken.');
  if (liveQueue) await confirm(call, '--live-queue takes messages that may be meant for somebody else.');
}

/** What was opened last is closed first. */
async function closeAll(closing: readonly AsyncDisposable[]): Promise<void> {
  for (const each of closing.toReversed()) await each[Symbol.asyncDispose]();
}

interface Sampling {
  readonly source: Source;
  readonly repair: LoadedRepair | undefined;
  readonly catalog: Catalog | undefined;
  readonly split: readonly string[] | undefined;
}

async function chooseBySample({ options, config, stop }: Call, { source, catalog, repair, split }: Sampling) {
  const { id, name, time, user } = options;
  const shape = {
    ...(split !== undefined && { split }),
    ...unwrapperFor(options.unwrap),
    ...(repair && { repair: repair.spec }),
  };
  const peeked = await peek(source, shape, stop.finish);
  const chosen = chooseFields({
    flags: { id, name, time, user },
    config: config.fields,
    ...(await saidOfFields(catalog)),
    samples: peeked.samples,
  });
  const members = new Set(peeked.samples.flatMap((event) => Object.keys(event)));
  return { ...chosen, source: peeked.source, members: members.size === 0 ? undefined : members };
}
