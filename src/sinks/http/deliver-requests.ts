import { SinkUnavailableError } from '../../errors.js';
import type { Delivery, Verdict } from '../sink.js';
import { type Answer, type Lost, wordsOf } from './answer.js';
import { type Body, bodyOf, type EncodedRequest, type EncodedRequests, wholeBody } from './encoded-requests.js';
import type { Sent } from './sender.js';

/** What a sink knows of its service's requests and answers. */
export interface RequestRules {
  /** The verdict of an event that must not be sent now, by its index in the batch; undefined when it may go. */
  readonly held: (event: number) => Verdict | undefined;
  /** Sends one body with these events. */
  readonly post: (body: Body, events: readonly number[], signal: AbortSignal) => Promise<Sent>;
  /**
   * What an answer (neither 413 nor a matter of trying again) says of each event of a request. `halve` when it
   * condemns the request as a whole: then its halves are sent, down to single events, which must get a verdict.
   */
  readonly read: (answer: Answer, events: readonly number[]) => readonly Verdict[] | 'halve';
}

/**
 * Sends the encoded requests of a delivery and gathers one verdict for each event. A request that cannot go out whole
 * is put together anew from those events that may; one that is too large for the service is halved.
 * @throws SinkUnavailableError when the sink died before anything was known of any event.
 */
export async function deliverRequests(
  delivery: Delivery,
  rules: RequestRules,
  signal: AbortSignal,
): Promise<readonly Verdict[]> {
  signal.throwIfAborted();
  const encoded = delivery.encoded as EncodedRequests; // made by the encoder of a sink that delivers this way
  const verdicts = openVerdicts(delivery, rules);
  const sending = new RequestsOfDelivery(encoded, { rules, verdicts, signal });
  const ends = await Promise.allSettled(encoded.requests.map((request) => sending.send(request)));
  const failure = ends.find((end) => end.status === 'rejected')?.reason;
  if (failure !== undefined) {
    if (!(failure instanceof SinkUnavailableError) || !sending.hasLearnt) throw failure;
    // Something is known of some events, so it is told, and the next delivery meets the dead sink.
    fill(verdicts, { kind: 'unsent', reason: failure.message });
  }
  return complete(verdicts);
}

type OpenVerdicts = (Verdict | undefined)[];

function openVerdicts({ events, refused, skip }: Delivery, { held }: RequestRules): OpenVerdicts {
  const verdicts: OpenVerdicts = new Array(events.count).fill(undefined);
  for (const { index, verdict } of refused) verdicts[index] = verdict;
  for (let event = 0; event < events.count; event++) {
    // Nobody looks at the verdict of what the ledger has settled.
    if (skip?.[event] === 1) verdicts[event] = { kind: 'duplicate' };
    else verdicts[event] ??= held(event);
  }
  return verdicts;
}

interface Circumstances {
  readonly rules: RequestRules;
  readonly verdicts: OpenVerdicts;
  readonly signal: AbortSignal;
}

interface SentItems {
  readonly request: EncodedRequest;
  readonly items: readonly number[];
  readonly events: readonly number[];
  readonly body: Body;
}

class RequestsOfDelivery {
  /** Whether the service has said, or may have done, something about any event. */
  hasLearnt = false;

  constructor(
    private readonly encoded: EncodedRequests,
    private readonly circumstances: Circumstances,
  ) {}

  /** Sends what is left of one request. */
  async send(request: EncodedRequest): Promise<void> {
    const { encoded } = this;
    const { verdicts } = this.circumstances;
    const items: number[] = [];
    for (let item = request.first; item < request.end; item++) {
      if (verdicts[encoded.events[item] ?? 0] === undefined) items.push(item);
    }
    if (items.length > 0) await this.sendItems(request, items);
  }

  private async sendItems(request: EncodedRequest, items: readonly number[]): Promise<void> {
    const { rules, signal } = this.circumstances;
    const isWhole = items.length === request.end - request.first;
    const body = isWhole ? wholeBody(this.encoded, request) : await bodyOf(this.encoded, request, items);
    const events = items.map((item) => this.encoded.events[item] ?? 0);
    const sent = await rules.post(body, events, signal);
    if (sent.kind === 'stale') await this.sendAgain(request, items);
    else if (sent.kind === 'exhausted') this.settle(events, { kind: 'unsent', reason: sent.reason });
    else await this.take(sent, { request, items, events, body });
  }

  /** The request has reached the service, or may have. */
  private async take(sent: Answer | Lost, { request, items, events, body }: SentItems): Promise<void> {
    this.hasLearnt = true;
    if (sent.kind === 'lost') {
      this.settle(events, { kind: 'unknown', reason: sent.reason });
      return;
    }
    const read = sent.status === 413 ? 'halve' : this.circumstances.rules.read(sent, events);
    if (read !== 'halve') {
      for (const [at, event] of events.entries()) this.circumstances.verdicts[event] = read[at];
    } else if (items.length > 1) {
      await this.halve(request, items);
    } else {
      this.settle(events, sent.status === 413 ? tooLarge(sent, body) : refusedWhole(sent));
    }
  }

  /** Some of the events must not be sent any more: the others go on without them. */
  private async sendAgain(request: EncodedRequest, items: readonly number[]): Promise<void> {
    const { rules, verdicts } = this.circumstances;
    const left = items.filter((item) => {
      const event = this.encoded.events[item] ?? 0;
      verdicts[event] = rules.held(event);
      return verdicts[event] === undefined;
    });
    if (left.length > 0) await this.sendItems(request, left);
  }

  private async halve(request: EncodedRequest, items: readonly number[]): Promise<void> {
    const middle = Math.ceil(items.length / 2);
    await this.sendItems(request, items.slice(0, middle));
    await this.sendItems(request, items.slice(middle));
  }

  private settle(events: readonly number[], verdict: Verdict): void {
    for (const event of events) this.circumstances.verdicts[event] = verdict;
  }
}

function tooLarge(answer: Answer, { bytes }: Body): Verdict {
  return {
    kind: 'rejected',
    code: 'too_large_for_service',
    reason: `${bytes} bytes alone are too much for the service: ${wordsOf(answer)}`,
  };
}

function refusedWhole(answer: Answer): Verdict {
  const words = wordsOf(answer);
  const reason = `the service refuses it with status ${answer.status}${words === '' ? '' : `: ${words}`}`;
  return { kind: 'rejected', code: 'refused_by_service', reason };
}

function fill(verdicts: OpenVerdicts, verdict: Verdict): void {
  for (let event = 0; event < verdicts.length; event++) verdicts[event] ??= verdict;
}

function complete(verdicts: OpenVerdicts): readonly Verdict[] {
  return verdicts.map((verdict, event) => {
    if (verdict === undefined) throw new Error(`event ${event} of the batch has no verdict`);
    return verdict;
  });
}
