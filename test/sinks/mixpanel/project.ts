import { createEncoder } from '../../../src/sinks/mixpanel/encode/encoder.js';
import { openMixpanel } from '../../../src/sinks/mixpanel/mixpanel.js';
import type { Delivery, Sink, Verdict } from '../../../src/sinks/sink.js';
import {
  ACCOUNT,
  type MixpanelStandIn,
  type MixpanelSwitches,
  PROJECT,
  startMixpanel,
} from '../../stand-ins/mixpanel.js';
import { deliveryOf, fieldsOf } from '../../support/batches.js';

const signal = new AbortController().signal;

/** A project and the sink that imports into it. */
export interface OpenProject extends AsyncDisposable {
  readonly mixpanel: MixpanelStandIn;
  readonly sink: Sink;
  delivery(events: readonly (object | string)[]): Delivery;
  deliver(events: readonly (object | string)[]): Promise<readonly Verdict[]>;
}

export const NOW_MS = Date.UTC(2026, 2, 1, 12);

interface Opening extends MixpanelSwitches {
  /** Options of the address behind the endpoint, such as `&id-salt=x`. */
  readonly query?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Our own clock; default the service's. */
  readonly ourNow?: () => number;
}

/** Starts a stand-in whose clock stands still, and opens a sink in a hurry. */
export async function openProject({ query = '', env, ourNow, ...switches }: Opening = {}): Promise<OpenProject> {
  const now = switches.now ?? (() => NOW_MS);
  const mixpanel = await startMixpanel({ keepsTexts: true, ...switches, now });
  const user = { pointer: ['user_id'], text: '/user_id', why: 'flag' as const };
  const sink = await openMixpanel(`mixpanel:?endpoint=${mixpanel.url}&retry-for=3&timeout=1${query}`, {
    fields: { ...fieldsOf(), user },
    jobs: 2,
    env: env ?? { MIXPANEL_SERVICE_ACCOUNT: ACCOUNT, MIXPANEL_PROJECT_ID: PROJECT },
    signal,
    now: ourNow ?? now,
  });
  const delivery = (events: readonly (object | string)[]) => deliveryOf(sink, events, undefined, createEncoder);
  return {
    mixpanel,
    sink,
    delivery,
    deliver: (events) => sink.deliver(delivery(events), signal),
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await mixpanel[Symbol.asyncDispose]();
    },
  };
}

/** One event of the day before. */
export function eventOf(id: number, more: object = {}) {
  const occurred_at = new Date(NOW_MS - 86_400_000 + id * 1_000).toISOString();
  return { event_id: `e${id}`, name: 'measured', occurred_at, user_id: `u${id % 7}`, level_cm: id, ...more };
}
