import { once } from 'node:events';
import { UsageError } from '../errors.js';
import { type LedgerEntry, type LedgerView, openLedgerView } from '../flow/ledger/view.js';
import { lockFolder } from '../flow/state/lock.js';
import { counted, thousands } from '../report/text.js';
import type { Invocation } from './command.js';
import { confirm } from './confirm.js';
import type { LedgerExportOptions, LedgerPruneOptions, LedgerStatsOptions } from './ledger.js';
import { printListing } from './listing-options.js';

/** Prints how much each sink has taken. */
export async function showStats({ options, io, stop }: Invocation<LedgerStatsOptions>): Promise<number> {
  await using view = await openView({ options, io, stop }, 'read');
  const sinks = new Map<
    string,
    { taken: number; unknown: number; sending: number; oldest?: string; newest?: string }
  >();
  for await (const { sink, state, writer } of view?.entries() ?? []) {
    const counts = sinks.get(sink) ?? { taken: 0, unknown: 0, sending: 0 };
    counts[state]++;
    const at = writer?.startedAt;
    if (at !== undefined && (counts.oldest ?? at) >= at) counts.oldest = at;
    if (at !== undefined && (counts.newest ?? at) <= at) counts.newest = at;
    sinks.set(sink, counts);
    if (stop.finish.aborted) return stop.exitCode ?? 130;
  }
  const value = [...sinks].map(([sink, counts]) => ({ sink, ...counts }));
  const listing = {
    title: view === undefined ? `There is no ledger in ${options.stateDir} yet` : `Ledger ${view.label}`,
    head: ['sink', 'taken', 'unknown', 'oldest', 'newest'],
    rows: value.map(({ sink, taken, unknown, sending, oldest = '', newest = '' }) => [
      ...[sink, thousands(taken), thousands(unknown + sending)],
      ...[oldest.slice(0, 19), newest.slice(0, 19)],
    ]),
    numbers: [1, 2],
  };
  await printListing({ value, listing, output: options.output }, io);
  return 0;
}

/** Prints every entry as a line of JSON. */
export async function exportLedger({ options, io, stop }: Invocation<LedgerExportOptions>): Promise<number> {
  await using view = await openView({ options, io, stop }, 'read');
  // A reader that has seen enough (`head`) ends the export, and that is no error.
  const gone = new AbortController();
  io.stdout.once('error', () => gone.abort());
  for await (const entry of view?.entries() ?? []) {
    if (gone.signal.aborted) return 0;
    if (options.sink !== undefined && entry.sink !== options.sink) continue;
    if (!io.stdout.write(`${JSON.stringify(lineOf(entry))}\n`))
      await once(io.stdout, 'drain', { signal: gone.signal }).catch(() => undefined);
    if (stop.finish.aborted) return stop.exitCode ?? 130;
  }
  return 0;
}

function lineOf({ sink, id, state, writer, part, offset }: LedgerEntry) {
  return { sink, id, state, run: writer?.run, startedAt: writer?.startedAt, source: writer?.source, part, offset };
}

/** Forgets what is old, and asks first. */
export async function pruneLedger(call: Invocation<LedgerPruneOptions>): Promise<number> {
  const { options, io } = call;
  if (options.olderThan === undefined) {
    throw new UsageError('ledger prune needs --older-than', {
      code: 'missing_option',
      hint: 'for example: respool ledger prune --older-than 90d',
    });
  }
  await confirm(call, 'What the ledger forgets is sent again when it is replayed again.');
  await using _lock = options.ledger === undefined ? await lockFolder(options.stateDir) : undefined;
  await using view = await openView(call, 'write');
  const pruned = (await view?.prune(new Date(Date.now() - options.olderThan))) ?? 0;
  const listing = { title: `${counted(pruned, 'event')} forgotten`, head: [], rows: [] };
  await printListing({ value: { pruned }, listing, output: options.output }, io);
  return 0;
}

type ViewCall = Pick<Invocation<LedgerStatsOptions>, 'io' | 'stop'> & {
  readonly options: Pick<LedgerStatsOptions, 'ledger' | 'stateDir'>;
};

function openView({ options, io, stop }: ViewCall, access: 'read' | 'write'): Promise<LedgerView | undefined> {
  const { ledger, stateDir } = options;
  return openLedgerView(ledger, { stateDir, env: io.env, signal: stop.now, access });
}
