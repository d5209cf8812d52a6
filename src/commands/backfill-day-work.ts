import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Undertaking } from '../backfill/context.js';
import { saveObjects } from '../backfill/days/archive-side.js';
import type { DaySink, DayWork } from '../backfill/days/day-work.js';
import type { DayBackfill, PlannedUnit } from '../backfill/plan.js';
import type { Fields } from '../event/fields.js';
import { openPreparePool } from '../flow/prepare/pool.js';
import type { RunRecord } from '../flow/state/run-record.js';
import type { WaitNote } from '../flow/wait-note.js';
import type { SinkContext } from '../sinks/context.js';
import { openSink } from '../sinks/open.js';
import type { Sink } from '../sinks/sink.js';
import { unwrapperReference } from '../sources/unwrapper.js';
import { openFarSide } from './backfill-far-side.js';
import { type GuardedCall, openGuard } from './replay-ledger.js';

/** What delivering days is opened from. */
export interface DayOpening {
  readonly call: GuardedCall;
  /** The sink's address; may hold secrets. */
  readonly url: string;
  readonly sink: Sink;
  /** As `sink` was opened with it. */
  readonly context: SinkContext;
  readonly record: RunRecord;
  readonly fields: Fields;
  readonly jobs: number;
  readonly waitNote?: WaitNote | undefined;
  /** Receives everything that must be closed again, the first first. */
  readonly closing: AsyncDisposable[];
}

/** Slices below this size are prepared on the main thread. */
const WORTH_THREADS_BYTES = 8 << 20;

/** Opens ledger, far side and threads for delivering the days of a plan. */
export async function openDayWork(opening: DayOpening, undertaking: Undertaking, plan: DayBackfill): Promise<DayWork> {
  const { call, url, record, fields, jobs, waitNote, closing, sink } = opening;
  const { resend } = call.options;
  // What this very run has sent is sent again only under another name.
  const guard = openGuard(call, resend ? { ...record, id: `${record.id}-resend-${Date.now()}` } : record);
  closing.push(guard);
  const far = await openFarSide({ url, env: call.io.env, folder: undertaking.folder });
  closing.push(far);
  const bytes = plan.partitions.reduce((sum, unit) => sum + unit.bytes, 0);
  const pool = await openPreparePool(
    {
      decoder: { module: new URL('../backfill/days/slice-decoder.js', import.meta.url).href, options: undefined },
      unwrapper: unwrapperReference({ families: ['quarantine'] }),
      fields,
      timezone: plan.sink.timezone,
      // Where identical events are told apart, each carries its id.
      identical: 'merge',
      filter: { events: [] },
      encoders: [sink.encoder],
    },
    bytes < WORTH_THREADS_BYTES ? 0 : jobs,
  );
  closing.push(pool);
  let shared: Promise<Sink> | undefined;
  return {
    ...undertaking,
    plan,
    record,
    farSide: far.side,
    pool,
    resends: resend,
    ...(waitNote !== undefined && { waitNote }),
    async openDaySink(unit, folder) {
      if (sink.finish !== undefined) return openOwnSink(opening, plan, { unit, folder, guard });
      shared ??= guard.guard(sink);
      return { sink: await shared, [Symbol.asyncDispose]: async () => undefined };
    },
  };
}

interface OneDay {
  readonly unit: PlannedUnit;
  readonly folder: string;
  readonly guard: ReturnType<typeof openGuard>;
}

/** A sink that sends only once it has seen everything, for one day. */
async function openOwnSink(
  { url, context }: DayOpening,
  plan: DayBackfill,
  { unit, folder, guard }: OneDay,
): Promise<DaySink> {
  const written: string[] = [];
  const selection = selectionOfDay(plan, unit);
  const { selection: _whole, ...rest } = context;
  const own = await openSink(url, {
    ...rest,
    ...(selection !== undefined && { selection }),
    scratch: join(context.scratch ?? '', String(unit.index)),
    onWritten: (name) => written.push(name),
  });
  const finish = own.finish?.bind(own);
  const noted: Sink = {
    ...own,
    async finish(signal) {
      await finish?.(signal);
      await saveObjects(folder, written);
    },
  };
  return { sink: await guard.guard(noted, `#${unit.index}`), [Symbol.asyncDispose]: () => own[Symbol.asyncDispose]() };
}

/** The same day out of the same source has the same, whatever range it is a part of; a part of a day has another. */
function selectionOfDay({ sink, sinceUs, untilUs }: DayBackfill, { fromUs, toUs }: PlannedUnit): string | undefined {
  if (sink.selection === undefined) return undefined;
  const range = [Math.max(fromUs, sinceUs ?? fromUs), Math.min(toUs, untilUs ?? toUs)];
  return createHash('sha256')
    .update(JSON.stringify([sink.selection, ...range]))
    .digest('hex')
    .slice(0, 16);
}
