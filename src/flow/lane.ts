import { type Delivery, type Sink, SinkUnavailableError, type Verdict } from '../sinks/sink.js';
import type { WaitNote } from './wait-note.js';

/** The way into one sink: its own concurrency, and its own end when the sink is dead. */
export interface Lane {
  readonly sink: Sink;
  /** Why the lane takes nothing more; undefined while it is open. */
  readonly failure: SinkUnavailableError | undefined;
  /** Events settled by the sink, and events on their way, for progress. */
  readonly settled: number;
  readonly inFlight: number;
  /** Why the sink has to wait; undefined while it does not. */
  readonly waiting: string | undefined;
  /** Resolves to the verdicts, or to undefined when the events were not sent because the lane is closed. */
  deliver(delivery: Delivery): Promise<readonly Verdict[] | undefined>;
  /** Behind the last delivery: lets a sink that gathers send. Resolves to whether what it answered holds. */
  finish(): Promise<boolean>;
}

/**
 * Opens the lane of a sink. `signal` breaks off what is under way.
 * @param waitNote what the sink says while it waits; each batch that it settles clears it.
 */
export function openLane(sink: Sink, signal: AbortSignal, waitNote?: WaitNote): Lane {
  const turns = createTurns(sink.limits.concurrency);
  let failure: SinkUnavailableError | undefined;
  let settled = 0;
  let inFlight = 0;

  const attempt = async (delivery: Delivery) => {
    if (failure !== undefined || signal.aborted) return undefined;
    if (delivery.events.count === 0) return [];
    try {
      return await sink.deliver(delivery, signal);
    } catch (error) {
      if (!(error instanceof SinkUnavailableError)) throw error;
      failure ??= error;
      return undefined;
    } finally {
      waitNote?.clear();
    }
  };

  const finish = async () => {
    if (failure !== undefined || signal.aborted) return false;
    try {
      await sink.finish?.(signal);
      return true;
    } catch (error) {
      if (!(error instanceof SinkUnavailableError)) throw error;
      failure ??= error;
      return false;
    } finally {
      waitNote?.clear();
    }
  };

  return {
    sink,
    finish,
    get failure() {
      return failure;
    },
    get settled() {
      return settled;
    },
    get inFlight() {
      return inFlight;
    },
    get waiting() {
      return waitNote?.text(sink.label);
    },
    async deliver(delivery) {
      const { count } = delivery.events;
      inFlight += count;
      try {
        const verdicts = await turns.take(() => attempt(delivery));
        if (verdicts !== undefined) settled += count;
        return verdicts;
      } finally {
        inFlight -= count;
      }
    },
  };
}

/** Lets at most `limit` tasks run at once, begun in the order in which they came. */
function createTurns(limit: number) {
  let running = 0;
  const waiting: (() => void)[] = [];
  const release = () => {
    const next = waiting.shift();
    // The turn is handed over: nobody who comes in between takes it.
    if (next === undefined) running--;
    else next();
  };
  return {
    async take<T>(task: () => Promise<T>): Promise<T> {
      if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
      else running++;
      try {
        return await task();
      } finally {
        release();
      }
    },
  };
}
