/** Messages that a chaos proof puts into its queue. */
export const MESSAGES = Number(process.env.RESPOOL_CHAOS_MESSAGES ?? 10_000);
/** Every so many-th message has no partition key, or is no JSON. */
export const POISON = 250;

/** A queue of a real server that holds `MESSAGES` dead letters, poison ones among them. */
export interface Filled extends AsyncDisposable {
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
  /** How long the server keeps what a killed process held; none by default. */
  readonly comesBackAfterMs?: number;
  /** Whether a kill may leave a message and its new copy, which are two messages then. */
  readonly mayDouble?: boolean;
  /** Poison is passed once it lies in the quarantine, and does not stay. */
  readonly passesPoison?: boolean;
  /** How many messages its server still has. */
  waiting(): Promise<number>;
}

const isPoison = (n: number) => n % POISON === 0;
const isBroken = (n: number) => n % (POISON * 2) === 0;

/** The text of the n-th message. */
export function bodyOf(n: number): string {
  if (isBroken(n)) return `{"event_id":"e${n}"`;
  return JSON.stringify({ event_id: `e${n}`, name: 'paid', occurred_at: isPoison(n) ? null : '2026-03-01T00:00:00Z' });
}

/** The n-th message where the queue itself takes JSON alone: a broken one is a text and no event. */
export function jsonOf(n: number): string {
  return isBroken(n) ? `"no event, ${n}"` : bodyOf(n);
}

export const numbers = Array.from({ length: MESSAGES }, (_, n) => n);
