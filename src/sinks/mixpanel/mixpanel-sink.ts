import { deliverRequests } from '../http/deliver-requests.js';
import type { Body, EncodedRequests } from '../http/encoded-requests.js';
import type { Sender } from '../http/sender.js';
import type { ServiceClock } from '../http/service-clock.js';
import type { Delivery, ForeseenVerdict, Sink, Verdict } from '../sink.js';
import { createRemarks } from './describe.js';
import type { MixpanelEncoderOptions } from './encode/options.js';
import { readAnswer } from './read-answer.js';

interface MixpanelSinkOptions {
  readonly label: string;
  /** Path and query of the import. */
  readonly path: string;
  readonly authorization: string;
  readonly sender: Sender;
  readonly clock: ServiceClock;
  readonly encoder: MixpanelEncoderOptions;
  readonly close: () => Promise<void>;
}

/** Batches at once; each is several requests. */
const CONCURRENCY = 5;
const MOST_EVENTS = 50_000;
const MOST_BYTES = 32 * 1024 * 1024;

/** Imports events into a Mixpanel project. Sending one again changes nothing in any report. */
export function createMixpanelSink(options: MixpanelSinkOptions): Sink {
  const { label, path, authorization, sender, clock, encoder } = options;
  const remarks = createRemarks(encoder);
  const headers = {
    authorization,
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    accept: 'application/json',
  };
  const post = async ({ gzipped, bytes }: Body, events: readonly number[], signal: AbortSignal) => {
    const request = { method: 'POST', path, headers, body: gzipped } as const;
    const sent = await sender.send({ request, events: events.length, bytes }, signal);
    if (sent.kind === 'answer') clock.learn(sent);
    return sent;
  };
  return {
    label,
    name: 'mixpanel',
    onRepeat: 'overwritten',
    limits: { maxEvents: MOST_EVENTS, maxBytes: MOST_BYTES, concurrency: CONCURRENCY },
    encoder: { module: new URL('./encode/encoder.js', import.meta.url).href, options: encoder },
    describe: () => remarks.describe(Math.max(0, clock.aheadMs)),
    preview(delivery) {
      remarks.count(delivery.encoded as EncodedRequests); // made by this sink's encoder
      return foresee(delivery, (event) => remarks.hold(delivery, event, clock.earliest()));
    },
    deliver(delivery, signal) {
      remarks.count(delivery.encoded as EncodedRequests); // made by this sink's encoder
      const held = (event: number) => remarks.hold(delivery, event, clock.earliest());
      return deliverRequests(delivery, { held, post, read: readAnswer }, signal);
    },
    [Symbol.asyncDispose]: options.close,
  };
}

function foresee({ events }: Delivery, held: (event: number) => Verdict | undefined): readonly ForeseenVerdict[] {
  const foreseen: ForeseenVerdict[] = [];
  for (let index = 0; index < events.count; index++) {
    const verdict = held(index);
    if (verdict !== undefined) foreseen.push({ index, verdict });
  }
  return foreseen;
}
