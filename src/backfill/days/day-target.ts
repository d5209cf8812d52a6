import type { Sink } from '../../sinks/sink.js';
import type { Target } from '../backfill-target.js';
import type { Undertaking } from '../context.js';
import type { DayBackfill } from '../plan.js';
import { type LoadLimits, watchHttp } from '../target-load.js';
import { createDayCut, type DayCutting } from './day-cut.js';
import { dayHands } from './day-hands.js';
import type { DayWork } from './day-work.js';

/** A service as a backfill fills it. */
export interface OpenDays extends Omit<DayCutting, 'slices' | 'isTaken'> {
  readonly openedSink: Sink;
  /** Opens a look into what earlier runs have sent; undefined where there is none. It is closed behind the plan. */
  readonly openReader: () => Promise<(AsyncDisposable & { readonly isTaken: (id: string) => boolean }) | undefined>;
  /** Opens what delivering takes: from here on the ledger is held. */
  readonly openWork: (work: Undertaking, plan: DayBackfill) => Promise<DayWork>;
}

/** The days of a service as the units of a backfill. Nothing but the state folder and the ledger holds others off. */
export function dayTarget({ openedSink, openReader, openWork, ...cutting }: OpenDays): Target {
  return {
    sink: openedSink,
    check: async () => undefined,
    watch: async ({ http }: LoadLimits) => (http === undefined ? undefined : watchHttp(http)),
    hold: (_run, body) => body(),
    async openCut(slices) {
      const reader = await openReader();
      const cut = createDayCut({ ...cutting, slices, isTaken: reader?.isTaken });
      return {
        ...cut,
        async plan(read) {
          const plan = await cut.plan(read);
          await reader?.[Symbol.asyncDispose]();
          return plan;
        },
      };
    },
    async openHands(work, plan) {
      if (plan.method !== 'deliver') throw new Error(`the plan of run ${plan.run} is for a table`);
      return dayHands(await openWork(work, plan));
    },
  };
}
