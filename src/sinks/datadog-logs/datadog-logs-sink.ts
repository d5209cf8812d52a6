import type { Answer } from '../http/answer.js';
import { deliverRequests } from '../http/deliver-requests.js';
import type { Body, EncodedRequests } from '../http/encoded-requests.js';
import type { Sender } from '../http/sender.js';
import type { ServiceClock } from '../http/service-clock.js';
import type { Delivery, ForeseenVerdict, Sink, Verdict } from '../sink.js';
import { createRemarks } from './describe.js';
import type { DatadogLogsEncoderOptions } from './encode/options.js';
import { timeWindow } from './window.js';

interface DatadogLogsSinkOptions {
  readonly label: string;
  readonly apiKey: string;
  readonly sender: Sender;
  /** Finds logs by the ids of their events; undefined without an application key. */
  readonly search: Required<Sink>['find'] | undefined;
  readonly clock: ServiceClock;
  readonly encoder: DatadogLogsEncoderOptions;
  readonly close: () => Promise<void>;
}

/** Batches at once; each is several requests. */
const CONCURRENCY = 5;
const MOST_EVENTS = 50_000;
const MOST_BYTES = 32 * 1024 * 1024;
const PATH = '/api/v2/logs';

/**
 * Sends events as logs. Datadog keeps every copy, so what was sent without an answer is unknown, never sent again here;
 * what it would drop in silence is refused.
 */
export function createDatadogLogsSink(options: DatadogLogsSinkOptions): Sink {
  const { label, sender, clock, encoder, search } = options;
  const remarks = createRemarks({ mayFind: search !== undefined });
  const headers = {
    'dd-api-key': options.apiKey,
    'content-type': 'application/json',
    'content-encoding': 'gzip',
  };
  const held =
    ({ events }: Delivery) =>
    (event: number) =>
      timeWindow(clock).refuse(events.timesUs[event] ?? Number.NaN);
  const counted = (delivery: Delivery) => (event: number) => {
    const verdict = held(delivery)(event);
    if (verdict !== undefined) remarks.refused(verdict, delivery.events.timesUs[event] ?? Number.NaN);
    return verdict;
  };
  return {
    label,
    name: 'datadog-logs',
    onRepeat: 'duplicated',
    limits: { maxEvents: MOST_EVENTS, maxBytes: MOST_BYTES, concurrency: CONCURRENCY },
    encoder: { module: new URL('./encode/encoder.js', import.meta.url).href, options: encoder },
    describe: () => remarks.describe(clock.aheadMs),
    preview(delivery) {
      remarks.count(delivery.encoded as EncodedRequests); // made by this sink's encoder
      return foresee(delivery, counted(delivery));
    },
    deliver(delivery, signal) {
      remarks.count(delivery.encoded as EncodedRequests); // made by this sink's encoder
      const isOutside = held(delivery);
      const post = async ({ gzipped, bytes }: Body, events: readonly number[], stop: AbortSignal) => {
        const request = { method: 'POST', path: PATH, headers, body: gzipped } as const;
        // What was young enough when it was first tried may have become too old while the service was down.
        const isStale = () => events.some((event) => isOutside(event) !== undefined);
        const sent = await sender.send({ request, events: events.length, bytes, isStale }, stop);
        if (sent.kind === 'answer') clock.learn(sent);
        return sent;
      };
      return deliverRequests(delivery, { held: counted(delivery), post, read: readAnswer }, signal);
    },
    ...(search !== undefined && { find: search }),
    [Symbol.asyncDispose]: options.close,
  };
}

/** A success says that the logs were taken in, nothing else: a refusal is always one of the whole request. */
function readAnswer({ status }: Answer, events: readonly number[]): readonly Verdict[] | 'halve' {
  if (status < 200 || status >= 300) return 'halve';
  return new Array<Verdict>(events.length).fill({ kind: 'accepted' });
}

function foresee({ events }: Delivery, held: (event: number) => Verdict | undefined): readonly ForeseenVerdict[] {
  const foreseen: ForeseenVerdict[] = [];
  for (let index = 0; index < events.count; index++) {
    const verdict = held(index);
    if (verdict !== undefined) foreseen.push({ index, verdict });
  }
  return foreseen;
}
