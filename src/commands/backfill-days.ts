import { dayTarget, type OpenDays } from '../backfill/days/day-target.js';
import type { DayBackfill } from '../backfill/plan.js';
import { openLedgerView } from '../flow/ledger/view.js';
import { needsLedger } from '../flow/ledger/with-ledger.js';
import { readRun } from '../flow/state/run-record.js';
import type { SinkContext } from '../sinks/context.js';
import { openSink } from '../sinks/open.js';
import type { Sink } from '../sinks/sink.js';
import type { BackfillOptions } from './backfill.js';
import { openDayWork } from './backfill-day-work.js';
import { openFarSide, zoneOf } from './backfill-far-side.js';
import type { OpenBackfill } from './backfill-open.js';
import { refuseMessages, refuseTableOptions } from './backfill-refusals.js';
import type { Invocation } from './command.js';
import { selectionOf } from './replay-identity.js';
import { type Opening, type OpenReplay, openReplay } from './replay-open.js';

type Call = Invocation<BackfillOptions>;
type ReplayCall = Parameters<typeof openReplay>[0];

/**
 * Opens source, schema and a service whose units are days.
 * @throws UsageError, CannotEvaluateError or IncompleteError with what the user does next.
 */
export async function openDayBackfill(call: Call, url: string, replay: ReplayCall): Promise<OpenBackfill> {
  refuseTableOptions(call.options);
  const zone = zoneOf(url);
  let found: { readonly sink: Sink; readonly context: SinkContext } | undefined;
  const opening: Opening = {
    command: 'backfill',
    conditions: { '--method': 'deliver', 'the zone of the days': zone },
    openSink: async (address, context) => {
      const sink = await openSink(address, context);
      found = { sink, context };
      return sink;
    },
  };
  const open = await openReplay(replay, opening);
  const closing: AsyncDisposable[] = [open];
  const close = async () => {
    for (const each of closing.toReversed()) await each[Symbol.asyncDispose]();
  };
  try {
    if (found === undefined) throw new Error('the sink was opened');
    refuseMessages(open.source);
    const { sink, context } = found;
    const far = await openFarSide({ url, env: call.io.env, folder: '' });
    closing.push(far);
    const { nameOf, silence } = far.side;
    const target = dayTarget({
      openedSink: sink,
      sink: aboutSink(replay, { open, sink, zone }),
      nameOf,
      openReader: () => openReader(call, sink),
      countsIdentical: call.options.identical === 'keep',
      notes: silence === undefined ? [] : [`what is delivered is ${silence}`],
      openWork: async (undertaking, plan) => {
        const run = await readRun(undertaking.folder);
        if (run === undefined) throw new Error(`${undertaking.folder} has a run`);
        const guarded = { ...call, options: { ...call.options, resend: false } };
        const { fields, jobs, waitNotes } = open;
        const rest = { record: run.record, fields, jobs, waitNote: waitNotes[0], closing };
        return openDayWork({ call: guarded, url, sink, context, ...rest }, undertaking, plan);
      },
    });
    return { open, target, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface About {
  readonly open: OpenReplay;
  readonly sink: Sink;
  readonly zone: string;
}

function aboutSink({ options, ...call }: ReplayCall, { open, sink, zone }: About): DayBackfill['sink'] {
  const { since: _since, until: _until, ...rest } = options;
  const selection = selectionOf({ ...call, options: { ...rest, since: undefined, until: undefined } }, open.source);
  const { name, label } = sink;
  return { name, label, zone, timezone: options.timezone, ...(selection !== undefined && { selection }) };
}

/** A look into the ledger of what earlier runs have sent, for the plan; none where it lies on a server. */
async function openReader({ options, io, stop }: Call, sink: Sink): ReturnType<OpenDays['openReader']> {
  if (!needsLedger(sink)) return undefined;
  const { stateDir, ledger } = options;
  const view = await openLedgerView(ledger, { stateDir, env: io.env, signal: stop.now, access: 'read' });
  const isTaken = view?.reader?.(sink.label);
  if (view === undefined) return undefined;
  if (isTaken !== undefined) return { isTaken, [Symbol.asyncDispose]: () => view[Symbol.asyncDispose]() };
  await view[Symbol.asyncDispose]();
  return undefined;
}
