import { hostname } from 'node:os';
import type { Ledger } from '../flow/ledger/ledger.js';
import { openLedger } from '../flow/ledger/open.js';
import { needsLedger, withLedger } from '../flow/ledger/with-ledger.js';
import type { StoredRun } from '../flow/state/run-record.js';
import type { Sink } from '../sinks/sink.js';
import type { Invocation } from './command.js';
import type { ReplayOptions } from './replay.js';

/** The sinks of a run, those that need it behind the ledger, which is closed with this. */
export interface GuardedSinks extends AsyncDisposable {
  readonly sinks: readonly Sink[];
}

/**
 * Puts the ledger in front of each sink that would otherwise take an event twice. Without such a sink none is opened.
 * @throws RespoolError when the ledger cannot be read.
 */
export async function guardSinks(
  { options, io, stop }: Invocation<ReplayOptions>,
  sinks: readonly Sink[],
  { record }: StoredRun,
): Promise<GuardedSinks> {
  if (!sinks.some(needsLedger)) return { sinks, [Symbol.asyncDispose]: async () => undefined };
  const { stateDir, resend, onUnknown } = options;
  const ledger = await openLedger(options.ledger, { stateDir, env: io.env, signal: stop.now });
  const writer = { run: record.id, source: record.source, startedAt: new Date().toISOString() };
  const guard = async (sink: Sink, from: Ledger) =>
    withLedger(sink, await from.openBook(keyOf(sink, options.ledger), writer), { resend, onUnknown });
  try {
    const guarded: Sink[] = [];
    for (const sink of sinks) guarded.push(needsLedger(sink) ? await guard(sink, ledger) : sink);
    return { sinks: guarded, [Symbol.asyncDispose]: () => ledger[Symbol.asyncDispose]() };
  } catch (error) {
    await ledger[Symbol.asyncDispose]();
    throw error;
  }
}

/** Under a shared ledger, the same path on another machine is another file. */
function keyOf({ label, mark }: Sink, address: string | undefined): string {
  return mark === undefined || address === undefined ? label : `${label} on ${hostname()}`;
}
