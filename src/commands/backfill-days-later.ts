import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Undertaking } from '../backfill/context.js';
import { dayHands } from '../backfill/days/day-hands.js';
import { openGate } from '../backfill/gate.js';
import type { DayBackfill } from '../backfill/plan.js';
import type { States } from '../backfill/states.js';
import { type LoadLimits, watchHttp } from '../backfill/target-load.js';
import { resolveSink } from '../config/resolve.js';
import { UsageError } from '../errors.js';
import { createWaitNote } from '../flow/wait-note.js';
import { openSink, sinkSchemes } from '../sinks/open.js';
import { openDayWork } from './backfill-day-work.js';
import type { LaterCall } from './backfill-later.js';
import type { KnownRun, OpenRun } from './backfill-run-target.js';

/** A run by days whose target is not open yet. */
interface KnownDays {
  readonly known: KnownRun;
  readonly plan: DayBackfill;
  readonly states: States;
  readonly limits: LoadLimits | undefined;
  readonly tell: (note: string) => void;
}

/** Opens the service of a run again while `body` works. @throws UsageError `changed_since` when it is another one. */
export async function withDays<T>(
  call: LaterCall,
  { known, plan, states, limits, tell }: KnownDays,
  body: (run: OpenRun) => Promise<T>,
): Promise<T> {
  const { options, io, stop, config } = call;
  const { folder, record } = known;
  const { url } = resolveSink(options.to ?? record.sinks[0] ?? '', config, sinkSchemes);
  const jobs = options.jobs ?? 2;
  const scratch = join(options.stateDir, 'scratch');
  await rm(scratch, { recursive: true, force: true });
  const waitNote = createWaitNote();
  const context = {
    fields: record.fields,
    jobs,
    env: io.env,
    signal: stop.now,
    timezone: plan.sink.timezone,
    source: record.source,
    scratch: join(scratch, '0'),
    onWait: waitNote.set,
  };
  await using sink = await openSink(url, context);
  if (sink.label !== plan.sink.label) throw moved(plan, sink.label);
  using gate = openGate({
    folder,
    maxRate: options.maxRate,
    busy: limits?.http === undefined ? undefined : watchHttp(limits.http),
    tell,
  });
  const undertaking: Undertaking = {
    states,
    slices: join(folder, 'slices'),
    folder,
    parts: record.parts,
    gate,
    signal: stop.now,
    finish: stop.finish,
    tell,
  };
  const closing: AsyncDisposable[] = [];
  try {
    const { ledger, resend = false, onUnknown = 'verify' } = options;
    const guarded = { io, stop, options: { stateDir: options.stateDir, ledger, resend, onUnknown } };
    const rest = { record, fields: record.fields, jobs, waitNote, closing };
    const work = await openDayWork({ call: guarded, url, sink, context, ...rest }, undertaking, plan);
    return await body({ ...known, work, hands: dayHands(work), states, jobs });
  } finally {
    for (const each of closing.toReversed()) await each[Symbol.asyncDispose]();
    await rm(scratch, { recursive: true, force: true });
  }
}

function moved({ run, sink }: DayBackfill, now: string): UsageError {
  return new UsageError(`run ${run} went to ${sink.label}, not to ${now}`, {
    code: 'changed_since',
    hint: 'name the target of the run with --to',
  });
}
