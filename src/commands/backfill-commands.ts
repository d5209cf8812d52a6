import { type LaterOptions, laterOptions } from './backfill-later-options.js';
import type { Command, Invocation } from './command.js';
import { gentleOptions } from './gentle-options.js';
import type { ValuesOf } from './option.js';
import { replayOptions } from './replay-options.js';

const RUN = { name: 'run', summary: 'id of the backfill', isRequired: true, isVariadic: false } as const;

type Later = Command<typeof laterOptions>;
type Implementation = 'runStatus' | 'runVerify' | 'runUndo' | 'runDrop';

function command(verb: string, run: Implementation, words: Pick<Later, 'summary' | 'description'>): Later {
  return {
    name: `backfill ${verb}`,
    ...words,
    arguments: [RUN],
    options: laterOptions,
    examples: [{ command: `backfill ${verb} 20190801-120000-1234abcd --to warehouse`, explains: words.summary }],
    run: async (invocation: Invocation<LaterOptions>) => (await import('./backfill-runs.js'))[run](invocation),
  };
}

export const backfillStatus = command('status', 'runStatus', {
  summary: 'a calendar of the partitions or days of a backfill, and how each stands',
});

const { ledger, onUnknown, resend } = replayOptions;
const retryOptions = { ...laterOptions, ...gentleOptions, ledger, onUnknown, resend } as const;

/** The options of `respool backfill retry`, parsed. */
export type RetryOptions = ValuesOf<typeof retryOptions>;

export const backfillRetry: Command<typeof retryOptions> = {
  name: 'backfill retry',
  summary: 'the failed partitions or days of a backfill again, over its original plan',
  arguments: [RUN],
  options: retryOptions,
  examples: [
    { command: 'backfill retry 20190801-120000-1234abcd --to warehouse', explains: 'once the cause is mended' },
  ],
  run: async (invocation: Invocation<RetryOptions>) => (await import('./backfill-runs.js')).runRetry(invocation),
};

export const backfillVerify = command('verify', 'runVerify', {
  summary: 'prove again that the target holds what the source had',
  description:
    'Looks up every row of the source in the table and compares it column by column; of days, asks the service which ids it has. ' +
    'Exit 1 when something is missing or holds other values, exit 2 when it could not be counted, exit 4 when it is too early ' +
    'to tell.',
});

export const backfillUndo = command('undo', 'runUndo', {
  summary: 'put the old partitions back, and take out those that the backfill has made',
  description:
    'What others have written to the new partitions since the swap comes along. Also clears away what a backfill that ' +
    'was killed has left in the database. What went to a service by days cannot be taken back.',
});

export const backfillDrop = command('drop', 'runDrop', {
  summary: 'drop the old partitions that a swap has kept, and the slices of the run',
});
