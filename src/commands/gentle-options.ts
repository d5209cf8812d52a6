import type { LoadLimits } from '../backfill/target-load.js';
import { milliseconds } from './duration-values.js';
import { optional, toggle, type ValuesOf } from './option.js';
import { text, wholeNumber } from './values.js';

const group = 'Gentle';

/** What makes the work wait while the target is busy. */
export const gentleOptions = {
  maxLag: optional(
    { flag: '--max-lag', value: 'time', summary: 'wait while a standby is further behind', group },
    milliseconds,
  ),
  maxLockWaits: optional(
    { flag: '--max-lock-waits', value: 'n', summary: 'wait while more sessions of the target wait for locks', group },
    wholeNumber(0),
  ),
  maxActive: optional(
    {
      flag: '--max-active',
      value: 'n',
      summary: 'wait while more sessions of others are at work in the target',
      group,
    },
    wholeNumber(0),
  ),
  mindCheckpoints: toggle({
    flag: '--mind-checkpoints',
    summary: 'rest for ten seconds when the write-ahead log forces a checkpoint',
    group,
  }),
  pauseIfSql: optional(
    {
      flag: '--pause-if-sql',
      value: 'query',
      summary: 'wait while this query of the target answers with anything but false, null, 0 or nothing',
      group,
    },
    text,
  ),
  pauseUnlessHttp: optional(
    {
      flag: '--pause-unless-http',
      value: 'url',
      summary: 'wait while this address does not answer with 200',
      group,
    },
    text,
  ),
} as const;

/** The same as limits of the target's load. */
export function limitsOf(options: ValuesOf<typeof gentleOptions>): LoadLimits {
  return {
    lagS: options.maxLag === undefined ? undefined : options.maxLag / 1_000,
    lockWaits: options.maxLockWaits,
    activeSessions: options.maxActive,
    forcedCheckpoints: options.mindCheckpoints,
    sql: options.pauseIfSql,
    http: options.pauseUnlessHttp,
  };
}
