import type { Stop } from '../commands/command.js';

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Lets the first Ctrl-C or TERM ask for a clean end, and makes the second one end the process.
 * @param onFirst told once, to say so to the user.
 */
export function watchSignals(process: NodeJS.Process, onFirst: () => void): Stop {
  const finish = new AbortController();
  const now = new AbortController();
  let exitCode: number | undefined;

  const onSignal = (signal: keyof typeof exitCodes): void => {
    if (exitCode === undefined) {
      exitCode = exitCodes[signal];
      onFirst();
      finish.abort();
      return;
    }
    now.abort();
    setImmediate(() => process.exit(exitCodes[signal]));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  return {
    finish: finish.signal,
    now: now.signal,
    get exitCode() {
      return exitCode;
    },
  };
}
