import { milliseconds } from './duration-values.js';
import { optional, type ValuesOf, withDefault } from './option.js';
import { sharedOptions } from './shared-options.js';
import { text, wholeNumber } from './values.js';

/** What commands about a run that exists understand. */
export const laterOptions = {
  to: optional(
    {
      flag: '--to',
      value: 'sink',
      summary: "the target again: a URL, or a name from the configuration (default: the run's own name for it)",
      group: 'Backfill',
    },
    text,
  ),
  jobs: optional(
    { flag: '--jobs', value: 'n', summary: 'partitions in work at once (default: 2)', group: 'Backfill' },
    wholeNumber(1, 256),
  ),
  maxLock: withDefault(
    {
      flag: '--max-lock',
      value: 'time',
      summary: 'longest time that others may be kept from the table',
      group: 'Gentle',
      default: '2s',
    },
    milliseconds,
  ),
  maxRate: optional(
    { flag: '--max-rate', value: 'n', summary: 'most events a second', group: 'Gentle' },
    wholeNumber(1),
  ),
  ...sharedOptions,
} as const;

export type LaterOptions = ValuesOf<typeof laterOptions>;
