import { pause } from '../../pause.js';
import { type Answer, type HttpResult, type Lost, statusAndWords } from './answer.js';
import { askedWaitMs, type Backoff, spentWaitMs, waitBefore } from './backoff.js';
import { createBreaker } from './breaker.js';
import type { HttpClient, HttpRequest } from './client.js';
import { createGate } from './gate.js';
import type { Pace } from './pace.js';
import { createRest } from './rest.js';

/** How one service is spoken to: what it allows, and what may be tried again. */
export interface SenderOptions {
  readonly client: HttpClient;
  /** Without secrets; it begins every message. */
  readonly label: string;
  readonly backoff: Backoff;
  /** Whether a request whose answer was lost may be sent again: only where that changes nothing on the far side. */
  readonly resendsLost: boolean;
  /** Requests under way at once, at most. */
  readonly mostAtOnce: number;
  /** How long failures may go on, for one request and for the whole sink. */
  readonly retryForMs: number;
  /** What the service allows, in events and in bytes before compression. */
  readonly pace?: { readonly events: Pace; readonly bytes: Pace };
  /** Why an answer cannot have come from the service itself; it then counts as lost. */
  readonly oddity?: (answer: Answer) => string | undefined;
  /** What to do about refused credentials, a sentence. */
  readonly refusedHint: string;
  /** Told before each wait. */
  readonly onWait?: ((note: string) => void) | undefined;
  /** Milliseconds on a clock that never goes back, and since the Unix epoch. */
  readonly monotonicMs?: () => number;
  readonly epochMs?: () => number;
  /** Gives [0, 1). */
  readonly random?: () => number;
}

/** One request and its weight against the service's limits. */
export interface Load {
  readonly request: HttpRequest;
  readonly events: number;
  /** Before compression. */
  readonly bytes: number;
  /** Asked before each try: whether the content has become something that must not be sent any more. */
  readonly isStale?: () => boolean;
}

export type Sent =
  /** Whatever the service says that trying again would not change. */
  | Answer
  | Lost
  /** It was not taken in all its tries, while others were; it was certainly not stored. */
  | { readonly kind: 'exhausted'; readonly reason: string }
  /** Not sent (again), because it had become stale. */
  | { readonly kind: 'stale' };

/** Sends requests with everything that a far service calls for: turns, pace, waits, tries, and an end to them. */
export interface Sender {
  /** @throws SinkUnavailableError when the sink is dead, by this request or another. */
  send(load: Load, signal: AbortSignal): Promise<Sent>;
}

const FIRST_WIDTH = 4;

/** Opens the sender of one sink. */
export function createSender(options: SenderOptions): Sender {
  const { client, label, resendsLost, retryForMs } = options;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const epochMs = options.epochMs ?? Date.now;
  const random = options.random ?? Math.random;
  const gate = createGate({ start: FIRST_WIDTH, most: options.mostAtOnce, now: monotonicMs });
  const breaker = createBreaker({ label, patienceMs: retryForMs, now: monotonicMs });
  const rest = createRest(monotonicMs);

  const exchange = async (load: Load, waits: AbortSignal, signal: AbortSignal) => {
    await options.pace?.events.take(load.events, waits);
    await options.pace?.bytes.take(load.bytes, waits);
    await rest.over(waits);
    const leave = await gate.enter(waits);
    let trouble: Trouble | undefined = { isLost: true, reason: '' };
    try {
      waits.throwIfAborted();
      const result = await client.send(load.request, signal);
      trouble = troubleOf(result, options.oddity);
      return { result, trouble };
    } finally {
      leave(trouble === undefined ? 'well' : 'badly');
    }
  };

  return {
    async send(load, signal) {
      const waits = AbortSignal.any([signal, breaker.signal]);
      let failingSinceMs: number | undefined;
      for (let attempt = 0; ; attempt++) {
        if (load.isStale?.()) return { kind: 'stale' };
        const { result, trouble } = await exchange(load, waits, signal);
        if (trouble === undefined) {
          if (result.kind !== 'answer') throw new Error('an exchange without an answer went well');
          refuseStrangers(result, options, breaker.refused);
          breaker.succeeded();
          // Longer than there is patience nobody waits without having been refused.
          rest.ask(Math.min(spentWaitMs(result, epochMs()) ?? 0, retryForMs));
          return result;
        }
        if (trouble.isLasting) breaker.refused(trouble.reason);
        if (trouble.isLost && !resendsLost) {
          breaker.lost(trouble.reason);
          return { kind: 'lost', reason: trouble.reason };
        }
        const asked = result.kind === 'answer' ? askedWaitMs(result, epochMs()) : undefined;
        const waitMs = Math.max(waitBefore(attempt, options.backoff, random), asked ?? 0);
        breaker.failed(trouble.reason, waitMs);
        rest.ask(asked ?? 0);
        failingSinceMs ??= monotonicMs();
        if (monotonicMs() - failingSinceMs + waitMs > retryForMs) return { kind: 'exhausted', reason: trouble.reason };
        options.onWait?.(`${label}: ${trouble.reason}; trying again in ${(waitMs / 1_000).toFixed(1)} s`);
        await pause(waitMs, waits);
      }
    },
  };
}

/** Why a try has to be repeated. */
interface Trouble {
  readonly reason: string;
  /** Whether the service may have taken it. */
  readonly isLost?: boolean;
  /** Whether trying again is no use. */
  readonly isLasting?: boolean;
}

function troubleOf(result: HttpResult, oddity: SenderOptions['oddity']): Trouble | undefined {
  if (result.kind === 'lost') return { isLost: true, reason: `no answer (${result.reason})` };
  if (result.kind === 'not-sent') return { reason: result.error.message, isLasting: result.isLasting };
  if (result.status === 408 || result.status === 429 || result.status >= 500) {
    return { reason: statusAndWords(result) };
  }
  const odd = result.status >= 200 && result.status < 300 ? oddity?.(result) : undefined;
  return odd === undefined ? undefined : { isLost: true, reason: odd };
}

/** Answers that say nothing about the events: who asks is unknown here, or this is not the service. */
function refuseStrangers(answer: Answer, { refusedHint }: SenderOptions, refused: (reason: string) => never): void {
  const { status } = answer;
  const said = statusAndWords(answer);
  if (status === 401 || status === 403) refused(`the credentials were refused, ${said}; ${refusedHint}`);
  if (status === 404 || status === 405) refused(`there is no such service at this address, ${said}`);
  if (status < 200 || (status >= 300 && status < 400)) {
    const target = answer.headers.location;
    refused(
      `it answers with ${said}${target === undefined ? '' : ` and points to ${new URL(target, 'http://x').host}`}`,
    );
  }
}
