import type { Command, Invocation } from './command.js';
import { checkOptions, dumpOptions } from './dump-options.js';
import { optional, repeatable, toggle, type ValuesOf, withDefault } from './option.js';
import { queueOptions } from './queue-options.js';
import { sharedOptions } from './shared-options.js';
import { time, timeRange, timezone } from './time-values.js';
import { unwrap, unwrapDescription } from './unwrap-option.js';
import { canarySteps, choice, size, text, threshold, wholeNumber } from './values.js';

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

const choosingOptions = {
  since: optional(
    { flag: '--since', value: 'time', summary: 'only events at or after this time', group: 'Choosing' },
    time,
  ),
  until: optional({ flag: '--until', value: 'time', summary: 'only events before this time', group: 'Choosing' }, time),
  event: repeatable(
    {
      flag: '--event',
      value: 'name',
      summary: 'only events of this name; * and ? stand for any text and character',
      group: 'Choosing',
    },
    text,
  ),
  where: optional(
    {
      flag: '--where',
      value: 'CEL',
      summary: 'only events for which this expression is true, such as event.amount > 10',
      group: 'Choosing',
    },
    text,
  ),
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

/** Everything that `respool replay` understands. */
export const replayOptions = {
  ...sinkOptions,
  ...dumpOptions,
  ...queueOptions,
  ...eventOptions,
  ...choosingOptions,
  ...repairOptions,
  ...safetyOptions,
  ...sharedOptions,
};

/** The options of everything that reads and delivers like a replay, parsed; times are microseconds since the Unix epoch. */
export type ReplayOptions = ValuesOf<typeof replayOptions>;

const manyMachines = {
  queue: optional(
    {
      flag: '--queue',
      value: 'postgres://…',
      summary: 'hand the dumps out in slices to respool worker on any number of machines, over this database',
      group: 'Many machines',
    },
    text,
  ),
  detach: toggle({
    flag: '--detach',
    summary: 'with --queue: end once everything is handed out; the same command again watches',
    group: 'Many machines',
  }),
  slice: optional(
    {
      flag: '--slice',
      value: 'size',
      summary: 'with --queue: most bytes of a slice, such as 16M (default: 64M, less where there is little)',
      group: 'Many machines',
    },
    size,
  ),
} as const;

const commandOptions = { ...replayOptions, ...manyMachines };

/** The options of `respool replay`, parsed. */
export type ReplayCommandOptions = ValuesOf<typeof commandOptions>;

/** `respool replay`. */
export const replay: Command<typeof commandOptions> = {
  name: 'replay',
  summary: 'deliver every event of a dump or a queue once, checked against the schema',
  description:
    'Reads dumps or dead letters, checks every event, and delivers each one once. What cannot be delivered is kept in a quarantine ' +
    'file, with the reason; it is itself a dump. The same command again resumes an unfinished run, and delivers ' +
    'nothing twice.',
  arguments: [
    {
      name: 'source',
      summary:
        'a file, folder, glob, s3://bucket/prefix, a queue such as sqs:<name>, a source from the configuration, or - for standard input',
      isRequired: true,
      isVariadic: true,
    },
  ],
  options: commandOptions,
  examples: [
    { command: 'replay events.ndjson.gz --to "postgres://localhost/app?table=events"', explains: 'into a table' },
    { command: 'replay dumps/ --schema schemas/ --dry-run', explains: 'see what would happen' },
    {
      command: 'replay dumps/ --to warehouse --since 2019-07-01 --until 2019-08-01',
      explains: 'one month, into a sink from the configuration',
    },
    {
      command: 'replay dumps/ --to warehouse --queue postgres://localhost/queue',
      explains: 'by workers on many machines',
    },
    {
      command: 'replay .respool/runs/<id>/quarantine.ndjson --to warehouse',
      explains: 'what was refused, once mended',
    },
    {
      command: 'replay - --to warehouse --output json < events.ndjson',
      explains: 'from standard input, for a program',
    },
  ],
  run: async (invocation: Invocation<ReplayCommandOptions>) => {
    const { runReplay } = await import('./replay-run.js');
    return runReplay(invocation);
  },
};
