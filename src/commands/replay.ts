import type { Command, Invocation } from './command.js';
import { handOutOptions } from './hand-out-options.js';
import { optional, type ValuesOf } from './option.js';
import { replayOptions } from './replay-options.js';
import { size } from './values.js';

const manyMachines = {
  ...handOutOptions('the dumps in slices'),
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
