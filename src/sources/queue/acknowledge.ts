import { CannotEvaluateError } from '../../errors.js';
import type { Acknowledgement, Message, QueueDriver } from './driver.js';

const TRIES = 4;
const FIRST_WAIT_MS = 100;

/** Messages by what became of their acknowledgement. */
export interface Acknowledged<H> {
  readonly acked: readonly Message<H>[];
  /** The server could not remove them, also when it was asked again: they will come back. */
  readonly failed: readonly Message<H>[];
  /** Not ours any more when they were to be removed. */
  readonly lost: readonly Message<H>[];
  /** Back in the queue, because the connection broke before their removal was confirmed. */
  readonly cut: readonly Message<H>[];
  /** Why the server will never remove them; absent when it may. */
  readonly refusal?: CannotEvaluateError;
}

/**
 * Removes messages from their queue, in the units of the driver, and asks again for those that were not removed. It
 * never throws: what every sink has taken is safe, and what stays in the queue is recognised when it comes again.
 */
export async function acknowledge<H>(
  driver: QueueDriver<H>,
  messages: readonly Message<H>[],
): Promise<Acknowledged<H>> {
  const sorted: Record<Acknowledgement, Message<H>[]> = { acked: [], failed: [], lost: [], cut: [] };
  let refusal: CannotEvaluateError | undefined;
  let open = messages;
  for (let attempt = 0; open.length > 0; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** attempt));
    const again: Message<H>[] = [];
    await Promise.all(
      unitsOf(open, driver).map(async (unit) => {
        const answers: readonly Acknowledgement[] = await driver.ack(unit).catch((error: unknown) => {
          if (error instanceof CannotEvaluateError) refusal = error;
          return [];
        });
        for (const [index, message] of unit.entries()) {
          const answer = answers[index] ?? 'failed';
          if (answer === 'failed' && attempt + 1 < TRIES && refusal === undefined) again.push(message);
          else sorted[answer].push(message);
        }
      }),
    );
    open = again;
  }
  return { ...sorted, ...(refusal !== undefined && { refusal }) };
}

/** Gives messages back, in the units of the driver; what cannot be given back comes back by itself. */
export async function release<H>(driver: QueueDriver<H>, messages: readonly Message<H>[]): Promise<void> {
  await Promise.all(unitsOf(messages, driver).map((unit) => driver.release(unit).catch(() => undefined)));
}

function unitsOf<H>(messages: readonly Message<H>[], { limits }: QueueDriver<H>): (readonly Message<H>[])[] {
  const units: (readonly Message<H>[])[] = [];
  for (let at = 0; at < messages.length; at += limits.acks) units.push(messages.slice(at, at + limits.acks));
  return units;
}
