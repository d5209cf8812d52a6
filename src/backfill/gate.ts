import { createThrottle } from '../flow/throttle.js';
import { pause } from '../pause.js';
import { type Control, readControl } from './control.js';
import type { Busy } from './target-load.js';

/** Holds work back: the user's pause, a rate, and a target that is busy. */
export interface Gate extends Disposable {
  /** Resolves when `events` more may be sent. @throws the signal's reason. */
  pass(events: number, signal: AbortSignal): Promise<void>;
  /** Why the work waits now; undefined while it goes on. */
  readonly reason: string | undefined;
  /** Events that have passed. */
  readonly passed: number;
}

export interface GateOptions {
  /** The run's folder, whose control file is looked at every second; absent where there is none. */
  readonly folder?: string;
  /** Events a second; the control file may say otherwise. */
  readonly maxRate: number | undefined;
  /** Says why the target needs a rest; asked every second. */
  readonly busy: (() => Promise<Busy>) | undefined;
  /** Told when the work begins to wait, for another reason than before, and when it goes on. */
  readonly tell: (note: string) => void;
}

const LOOK_EVERY_MS = 1_000;

/** Opens the gate of a run. */
export function openGate({ folder, maxRate, busy, tell }: GateOptions): Gate {
  let control: Control = {};
  let busyBecause: string | undefined;
  let throttle = createThrottle(maxRate);
  let reason: string | undefined;
  let passed = 0;
  let looking = false;
  const say = (now: string | undefined) => {
    if (now === reason) return;
    tell(now === undefined ? 'going on' : `waiting: ${now}`);
    reason = now;
  };
  const look = async () => {
    const next = folder === undefined ? {} : await readControl(folder);
    if (next.maxRate !== control.maxRate) throttle = createThrottle(rateOf(next, maxRate));
    control = next;
    busyBecause = await busy?.();
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => {
      looking = false;
    });
  }, LOOK_EVERY_MS);
  timer.unref();
  const first = look();
  const why = () => (control.paused === true ? 'paused by respool backfill pause' : busyBecause);
  const calm = async (signal: AbortSignal) => {
    for (let held = why(); held !== undefined; held = why()) {
      say(held);
      await pause(200, signal);
    }
    say(undefined);
    signal.throwIfAborted();
  };
  return {
    get reason() {
      return reason;
    },
    get passed() {
      return passed;
    },
    async pass(events, signal) {
      await first;
      await calm(signal);
      await throttle.wait(events, signal);
      // The rate may have kept it for long.
      await calm(signal);
      passed += events;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** In the control file null lifts the limit, and a missing member leaves it to the command. */
function rateOf({ maxRate }: Control, given: number | undefined): number | undefined {
  return maxRate === undefined ? given : (maxRate ?? undefined);
}
