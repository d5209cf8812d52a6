import { choosingOptions } from './choosing-options.js';
import { checkOptions, dumpOptions } from './dump-options.js';
import { optional, repeatable, toggle, type ValuesOf, withDefault } from './option.js';
import { queueOptions } from './queue-options.js';
import { sharedOptions } from './shared-options.js';
import { timeRange, timezone } from './time-values.js';
import { unwrap, unwrapDescription } from './unwrap-option.js';
import { canarySteps, choice, text, threshold, wholeNumber } from './values.js';

const sinkOptions = {
  to: repeatable(
    {
      flag: '--to',
      value: 'sink',
      summary: 'where events go: a URL, or a name from the configuration (default: an embedded Postgres)',
      group: 'Sinks',
    },
    text,
  ),
  jobs: optional(
    { flag: '--jobs', value: 'n', summary: 'workers and connections (default: the number of cores)', group: 'Sinks' },
    wholeNumber(1, 256),
  ),
  batch: optional(
    {
      flag: '--batch',
      value: 'events',
      summary: 'most events in one batch (default: what the sink takes)',
      group: 'Sinks',
    },
    wholeNumber(1, 1_000_000),
  ),
  maxRate: optional(
    { flag: '--max-rate', value: 'n', summary: 'most events a second, over all sinks', group: 'Sinks' },
    wholeNumber(1),
  ),
  partitionsWithin: optional(
    {
      flag: '--partitions-within',
      value: 'from..to',
      summary: 'make missing partitions only in this range of time',
      group: 'Sinks',
    },
    timeRange,
  ),
  resend: toggle({ flag: '--resend', summary: 'send again what the ledger says was taken', group: 'Sinks' }),
  onUnknown: withDefault(
    {
      flag: '--on-unknown',
      value: 'what',
      summary: 'events whose answer was lost: ask the sink (verify), take them for delivered (skip), or send again',
      group: 'Sinks',
      choices: ['verify', 'skip', 'resend'],
      default: 'verify',
    },
    choice(['verify', 'skip', 'resend']),
  ),
  ledger: optional(
    {
      flag: '--ledger',
      value: 'postgres://…',
      summary: 'what was sent, shared by several machines (default: in the state folder)',
      group: 'Sinks',
    },
    text,
  ),
} as const;

const eventOptions = {
  ...checkOptions,
  unwrap: withDefault({ ...unwrapDescription, group: 'Events', default: 'auto' }, unwrap),
  timezone: withDefault(
    { flag: '--timezone', value: 'zone', summary: 'zone of times that have none', group: 'Events', default: 'UTC' },
    timezone,
  ),
  identical: withDefault(
    {
      flag: '--identical',
      value: 'what',
      summary: 'identical events without an id are one event (merge), or as many as there are (keep)',
      group: 'Events',
      choices: ['merge', 'keep'],
      default: 'merge',
    },
    choice(['merge', 'keep']),
  ),
  strictId: toggle({
    flag: '--strict-id',
    summary: 'look for the id under other times before inserting',
    group: 'Events',
  }),
} as const;

const repairOptions = {
  repair: optional(
    {
      flag: '--repair',
      value: 'file',
      summary: 'mend events before they are checked: rules (.yaml) or code (.mjs); see docs/repair.md',
      group: 'Repairing',
      completes: 'file',
    },
    text,
  ),
} as const;

const limitOptions = {
  limit: optional(
    { flag: '--limit', value: 'n', summary: 'stop cleanly after this many events', group: 'Choosing' },
    wholeNumber(1),
  ),
} as const;

const safetyOptions = {
  dryRun: toggle({ flag: '--dry-run', summary: 'print what would happen; touch nothing', group: 'Safety' }),
  maxRejected: optional(
    { flag: '--max-rejected', value: 'n|%', summary: 'stop once this many events were refused', group: 'Safety' },
    threshold,
  ),
  canary: optional(
    {
      flag: '--canary',
      value: 'steps',
      summary: 'go in steps, such as 10,1%,10%, and stop at the first where letters fail for the old reason again',
      group: 'Safety',
    },
    canarySteps,
  ),
  maxAttempts: optional(
    {
      flag: '--max-attempts',
      value: 'n',
      summary: 'hold events that have been tried this often, by queue and quarantine together',
      group: 'Safety',
    },
    wholeNumber(1, 65_535),
  ),
  minEvents: optional(
    { flag: '--min-events', value: 'n', summary: 'fewer events than this are a finding (exit 1)', group: 'Safety' },
    wholeNumber(1),
  ),
  quarantine: optional(
    {
      flag: '--quarantine',
      value: 'file',
      summary: 'where to keep what could not be delivered (default: in the run under the state folder)',
      group: 'Safety',
      completes: 'file',
    },
    text,
  ),
  fresh: toggle({ flag: '--fresh', summary: 'begin a new run instead of resuming an unfinished one', group: 'Safety' }),
} as const;

/** Everything that a command understands which reads and delivers like a replay. */
export const replayOptions = {
  ...sinkOptions,
  ...dumpOptions,
  ...queueOptions,
  ...eventOptions,
  ...choosingOptions,
  ...limitOptions,
  ...repairOptions,
  ...safetyOptions,
  ...sharedOptions,
};

/** The same, parsed; times are microseconds since the Unix epoch. */
export type ReplayOptions = ValuesOf<typeof replayOptions>;
