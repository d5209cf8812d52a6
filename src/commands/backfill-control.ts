import { type LaterOptions, laterOptions } from './backfill-later-options.js';
import type { Command, Invocation } from './command.js';
import { optional, type ValuesOf } from './option.js';
import { wholeNumber } from './values.js';

const RUN = { name: 'run', summary: 'id of the backfill', isRequired: true, isVariadic: false } as const;
const { quiet, verbose, noColor, config, stateDir } = laterOptions;
const pauseOptions = { quiet, verbose, noColor, config, stateDir } as const;
const resumeOptions = {
  maxRate: optional(
    { flag: '--max-rate', value: 'n', summary: 'most events a second from now on', group: 'Gentle' },
    wholeNumber(1),
  ),
  ...pauseOptions,
} as const;

/** `respool backfill pause`. */
export const backfillPause: Command<typeof pauseOptions> = {
  name: 'backfill pause',
  summary: 'hold a running backfill where it is',
  arguments: [RUN],
  options: pauseOptions,
  examples: [{ command: 'backfill pause 20190801-120000-1234abcd', explains: 'it waits within a second or two' }],
  run: async (call: Invocation<ValuesOf<typeof pauseOptions>>) =>
    (await import('./backfill-runs.js')).runControl(whole(call), { paused: true }),
};

/** `respool backfill resume`. */
export const backfillResume: Command<typeof resumeOptions> = {
  name: 'backfill resume',
  summary: 'let a paused backfill go on, at another rate if need be',
  arguments: [RUN],
  options: resumeOptions,
  examples: [{ command: 'backfill resume 20190801-120000-1234abcd --max-rate 5000', explains: 'it goes on, slower' }],
  run: async (call: Invocation<ValuesOf<typeof resumeOptions>>) => {
    const { maxRate } = call.options;
    const { runControl } = await import('./backfill-runs.js');
    return runControl(whole(call), { paused: false, ...(maxRate !== undefined && { maxRate }) });
  },
};

/** What these commands do not ask for has no bearing on them. */
function whole(call: Invocation<ValuesOf<typeof pauseOptions>>): Invocation<LaterOptions> {
  const rest = { to: undefined, jobs: undefined, maxLock: 0, maxRate: undefined, output: [], yes: true };
  return { ...call, options: { ...rest, ...call.options } };
}
