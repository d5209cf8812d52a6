import { instantText } from '../event/instant-text.js';
import { parseOrUndefined } from '../event/parse-or-undefined.js';
import type { LetterFacts } from './letter.js';

/** Queues that keep what they know of a message in the message itself. */
export type TellingBody = 'sidekiq';

type Members = Readonly<Record<string, unknown>>;

const NOTHING: Members = {};
const TELLERS = { sidekiq: toldByJob } as const satisfies Record<TellingBody, (job: Members) => Partial<LetterFacts>>;

/**
 * What a body says of its letter.
 * @param body its text, or its value where it has been parsed.
 * @param bytes the body itself, by which a letter without an id is known.
 */
export function toldByBody(kind: TellingBody, body: unknown, bytes: string | Uint8Array): Partial<LetterFacts> {
  const told = TELLERS[kind](membersOf(typeof body === 'string' ? parseOrUndefined(body) : body));
  // Loaded here: most runs see no letter, and loading it takes a tenth of a start.
  return told.id === undefined ? { ...told, id: process.getBuiltinModule('node:crypto').hash('sha256', bytes) } : told;
}

/** A job of Sidekiq. */
function toldByJob(job: Members): Partial<LetterFacts> {
  const { retry_count: retries } = job;
  const [name, message] = [textOf(job.error_class), textOf(job.error_message)];
  return {
    origin: textOf(job.queue),
    id: textOf(job.jid),
    name: textOf(job.wrapped) ?? textOf(job.class),
    sentAt: timeOf(job.created_at) ?? timeOf(job.enqueued_at),
    failedAt: timeOf(job.failed_at),
    // The first try is no retry, and the first retry has the count 0.
    deliveries: typeof retries === 'number' && Number.isFinite(retries) ? retries + 1 : undefined,
    error: name === undefined && message === undefined ? undefined : { class: name, message },
  };
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : NOTHING; // an object
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Smaller numbers are seconds: as milliseconds they would lie in 1973. */
const LEAST_MS = 100_000_000_000;

/** Times of jobs: milliseconds since Sidekiq 8.0, seconds with a fraction before. RFC 3339. */
function timeOf(value: unknown): string | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  return instantText(value < LEAST_MS ? value * 1_000 : value);
}
