import { hostname } from 'node:os';
import type { Ledger } from '../flow/ledger/ledger.js';
import { openLedger, openScratchLedger } from '../flow/ledger/open.js';
import { type LedgerRules, needsLedger, withLedger } from '../flow/ledger/with-ledger.js';
import type { StoredRun } from '../flow/state/run-record.js';
import type { Sink } from '../sinks/sink.js';
import type { Invocation } from './command.js';
import type { ReplayOptions } from './replay-options.js';

/** The sinks of a run, those that need it behind the ledger, which is closed with this. */
export interface GuardedSinks extends AsyncDisposable {
  readonly sinks: readonly Sink[];
}

/** What is known of the command whose sinks are guarded. */
export type GuardedCall = Pick<Invocation, 'io' | 'stop'> & {
  readonly options: Pick<ReplayOptions, 'stateDir' | 'resend' | 'onUnknown' | 'ledger'>;
};

/** Puts ledgers in front of sinks; they are closed with this. */
export interface Guard extends AsyncDisposable {
  /** @param place tells sinks with one label apart that are opened for parts of the events. */
  guard(sink: Sink, place?: string): Promise<Sink>;
}

/**
 * Puts the ledger in front of each sink that would otherwise take an event twice, and in front of sinks of totals one
 * that lasts as long as the run: an event that comes twice counts once. None is opened that nobody needs.
 * @throws RespoolError when the ledger cannot be read.
 */
export async function guardSinks(
  call: GuardedCall,
  sinks: readonly Sink[],
  { record }: Pick<StoredRun, 'record'>,
): Promise<GuardedSinks> {
  const guard = openGuard(call, record);
  try {
    const guarded: Sink[] = [];
    for (const sink of sinks) guarded.push(await guard.guard(sink));
    return { sinks: guarded, [Symbol.asyncDispose]: () => guard[Symbol.asyncDispose]() };
  } catch (error) {
    await guard[Symbol.asyncDispose]();
    throw error;
  }
}

/** Opens a guard; the ledgers are opened once a sink needs them. */
export function openGuard({ options, io, stop }: GuardedCall, record: StoredRun['record']): Guard {
  const { stateDir, resend, onUnknown } = options;
  const open: AsyncDisposable[] = [];
  const keep = async (ledger: Promise<Ledger>) => {
    open.push(await ledger);
    return ledger;
  };
  const writer = { run: record.id, source: record.source, startedAt: new Date().toISOString() };
  const ledger = once(() => keep(openLedger(options.ledger, { stateDir, env: io.env, signal: stop.now })));
  const seen = once(() => keep(openScratchLedger(stateDir)));
  const againstEver = async (sink: Sink): Promise<Sink> => {
    if (!needsLedger(sink)) return sink;
    const book = await (await ledger()).openBook(keyOf(sink, options.ledger), writer);
    return withLedger(sink, book, { resend, onUnknown });
  };
  return {
    async guard(sink, place = '') {
      const inner = await againstEver(sink);
      if (sink.finish === undefined) return inner;
      return withLedger(inner, await (await seen()).openBook(sink.label + place, writer), FIRST);
    },
    async [Symbol.asyncDispose]() {
      for (const each of open) await each[Symbol.asyncDispose]();
    },
  };
}

/** A ledger that begins empty knows nothing to decide. */
const FIRST: LedgerRules = { onUnknown: 'verify', resend: false, scope: 'run' };

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Under a shared ledger, the same path on another machine is another file. */
function keyOf({ label, mark }: Sink, address: string | undefined): string {
  return mark === undefined || address === undefined ? label : `${label} on ${hostname()}`;
}
