import type { Command, Invocation } from './command.js';
import { milliseconds } from './duration-values.js';
import { gentleOptions } from './gentle-options.js';
import { optional, repeatable, type ValuesOf, withDefault } from './option.js';
import { sharedOptions } from './shared-options.js';
import { text, wholeNumber } from './values.js';

const { output, yes, stateDir, ...shared } = sharedOptions;

const options = {
  queue: optional(
    {
      flag: '--queue',
      value: 'postgres://…',
      summary: 'the database over which replay --queue and backfill --queue hand out work; required',
      group: 'Many machines',
    },
    text,
  ),
  to: repeatable(
    {
      flag: '--to',
      value: 'sink',
      summary: 'a target that this worker may work for: a URL, or a name from the configuration',
      group: 'Many machines',
    },
    text,
  ),
  ledger: optional(
    {
      flag: '--ledger',
      value: 'postgres://…',
      summary: 'the ledger of replays that name one (default: in the database of the queue)',
      group: 'Many machines',
    },
    text,
  ),
  jobs: withDefault(
    {
      flag: '--jobs',
      value: 'n',
      summary: 'partitions or slices in work at once',
      group: 'Many machines',
      default: '1',
    },
    wholeNumber(1, 64),
  ),
  idleExit: optional(
    {
      flag: '--idle-exit',
      value: 'time',
      summary: 'end when there has been nothing to do for so long, as a Kubernetes Job should',
      group: 'Many machines',
    },
    milliseconds,
  ),
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
  maxRate: optional(
    {
      flag: '--max-rate',
      value: 'n',
      summary: 'most events a second, for each partition or slice in work',
      group: 'Gentle',
    },
    wholeNumber(1),
  ),
  ...gentleOptions,
  ...shared,
} as const;

/** The options of `respool worker`, parsed. */
export type WorkerOptions = ValuesOf<typeof options>;

/** `respool worker`. */
export const worker: Command<typeof options> = {
  name: 'worker',
  summary: 'take partitions and slices from a queue and work on them, until told to stop',
  description:
    'Works for any respool backfill --queue and respool replay --queue over the same database. Any number of workers on ' +
    'any number of machines may come, go and die; each must reach the targets, and see dumps, schemas and the state ' +
    'folder of a backfill under the same paths.',
  arguments: [],
  options,
  examples: [
    {
      command: 'worker --queue postgres://localhost/queue --to warehouse --idle-exit 1min',
      explains: 'until there has been nothing to do for a minute',
    },
  ],
  run: async (invocation: Invocation<WorkerOptions>) => (await import('./worker-run.js')).runWorker(invocation),
};
