import { openDatadogLogs } from '../../../src/sinks/datadog-logs/datadog-logs.js';
import { createEncoder } from '../../../src/sinks/datadog-logs/encode/encoder.js';
import type { Delivery, Sink, Verdict } from '../../../src/sinks/sink.js';
import {
  API_KEY,
  type DatadogLogsStandIn,
  type DatadogLogsSwitches,
  startDatadogLogs,
} from '../../stand-ins/datadog-logs.js';
import { deliveryOf, fieldsOf } from '../../support/batches.js';

const signal = new AbortController().signal;

/** An intake and the sink that sends to it. */
export interface OpenIntake extends AsyncDisposable {
  readonly datadog: DatadogLogsStandIn;
  readonly sink: Sink;
  delivery(events: readonly (object | string)[]): Delivery;
  deliver(events: readonly (object | string)[]): Promise<readonly Verdict[]>;
}

export const NOW_MS = Date.UTC(2026, 2, 1, 12);

interface Opening extends DatadogLogsSwitches {
  /** Options of the address behind the endpoint, such as `&service=web`. */
  readonly query?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Our own clock; default the service's. */
  readonly ourNow?: () => number;
}

/** Starts a stand-in whose clock stands still, and opens a sink in a hurry. */
export async function openIntake({ query = '', env = {}, ourNow, ...switches }: Opening = {}): Promise<OpenIntake> {
  const now = switches.now ?? (() => NOW_MS);
  const datadog = await startDatadogLogs({ keepsTexts: true, ...switches, now });
  const sink = await openDatadogLogs(`datadog-logs:?endpoint=${datadog.url}&retry-for=3&timeout=1${query}`, {
    fields: fieldsOf(),
    jobs: 2,
    env: { DD_API_KEY: API_KEY, ...env },
    signal,
    now: ourNow ?? now,
  });
  const delivery = (events: readonly (object | string)[]) => deliveryOf(sink, events, undefined, createEncoder);
  return {
    datadog,
    sink,
    delivery,
    deliver: (events) => sink.deliver(delivery(events), signal),
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await datadog[Symbol.asyncDispose]();
    },
  };
}

/** One event of the hour before. */
export function eventOf(id: number, more: object = {}) {
  const occurred_at = new Date(NOW_MS - 3_600_000 + id * 1_000).toISOString();
  return { event_id: `e${id}`, name: 'measured', occurred_at, level_cm: id, ...more };
}
