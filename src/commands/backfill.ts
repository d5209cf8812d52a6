import type { Command, Invocation } from './command.js';
import { milliseconds } from './duration-values.js';
import { gentleOptions } from './gentle-options.js';
import { handOutOptions } from './hand-out-options.js';
import { optional, type ValuesOf, withDefault } from './option.js';
import { replayOptions } from './replay-options.js';
import { choice, text } from './values.js';

const { limit, resend, batch, partitionsWithin, ...shared } = replayOptions;

const periods = ['hour', 'day', 'week', 'month', 'year'] as const;

const backfillOptions = {
  method: withDefault(
    {
      flag: '--method',
      value: 'method',
      summary: 'insert into the live partitions, or build new ones and swap them in',
      group: 'Backfill',
      choices: ['insert', 'swap'],
      default: 'insert',
    },
    choice(['insert', 'swap']),
  ),
  verify: optional(
    {
      flag: '--verify',
      value: 'what',
      summary: 'what of each row is held against the source before a partition is done (default: rows)',
      group: 'Backfill',
      choices: ['rows', 'keys'],
    },
    choice(['rows', 'keys']),
  ),
  partitionBy: optional(
    {
      flag: '--partition-by',
      value: 'period',
      summary: 'how a table without partitions is cut',
      group: 'Backfill',
      choices: periods,
    },
    choice(periods),
  ),
  planOut: optional(
    { flag: '--plan-out', value: 'file', summary: 'write the plan there', group: 'Backfill', completes: 'file' },
    text,
  ),
  plan: optional(
    {
      flag: '--plan',
      value: 'file',
      summary: 'carry out exactly this plan; refused when source, schema or table have changed',
      group: 'Backfill',
      completes: 'file',
    },
    text,
  ),
  ...handOutOptions('the partitions'),
  maxLock: withDefault(
    {
      flag: '--max-lock',
      value: 'time',
      summary: 'longest time that a swap may keep others from the table',
      group: 'Gentle',
      default: '2s',
    },
    milliseconds,
  ),
  ...gentleOptions,
} as const;

const options = { ...backfillOptions, ...shared };

/** The options of `respool backfill`, parsed. */
export type BackfillOptions = ValuesOf<typeof options>;

/** `respool backfill`. */
export const backfill: Command<typeof options> = {
  name: 'backfill',
  summary: 'fill or rebuild the partitions of a table, or the days of a service, and prove them',
  description:
    'Reads dumps once, sorts them by partition, and plans, loads, verifies and swaps each partition as a whole. With ' +
    '--method insert what is there stays, and what is missing is added; with --method swap each partition of the range ' +
    'is built anew from the dumps and takes the place of the old one, which is kept until respool backfill drop. To mixpanel, ' +
    'datadog-archive:<folder or s3://…> and file:<path> it delivers day by day, and asks the other end afterwards. The same command again goes on ' +
    'where it was.',
  arguments: [
    {
      name: 'dump',
      summary: 'a file, folder, glob, s3://bucket/prefix, or a source from the configuration',
      isRequired: true,
      isVariadic: true,
    },
  ],
  options,
  examples: [
    {
      command:
        'backfill dumps/ --to "postgres://localhost/app?table=events" --since 2019-07-01 --until 2019-08-01 --dry-run',
      explains: 'see what one month would take',
    },
    {
      command: 'backfill dumps/ --to warehouse --since 2019-07-01 --until 2019-08-01 --method swap',
      explains: 'rebuild that month, partition by partition',
    },
    {
      command: 'backfill dumps/ --to mixpanel --since 2019-07-01 --until 2019-08-01',
      explains: 'that month to Mixpanel, day by day, each held against its export',
    },
    { command: 'backfill status <run> --to warehouse', explains: 'a calendar of its partitions' },
    { command: 'backfill undo <run> --to warehouse', explains: 'put the old partitions back' },
  ],
  run: async (invocation: Invocation<BackfillOptions>) => {
    const { runBackfill } = await import('./backfill-run.js');
    return runBackfill(invocation);
  },
};
