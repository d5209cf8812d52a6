import type { StoredRun } from '../flow/state/run-record.js';
import type { Command } from './command.js';
import { listingOptions, printListing, yesOption } from './listing-options.js';
import { optional, toggle, type ValuesOf } from './option.js';
import { age } from './values.js';

type RunsOptions = ValuesOf<typeof listingOptions>;

/** `respool runs`. */
export const runs: Command<typeof listingOptions> = {
  name: 'runs',
  summary: 'list the runs in the state folder, and how far each has come',
  description:
    'Lists every run that the state folder remembers, the oldest first. An unfinished one goes on when its command ' +
    'is given again.',
  arguments: [],
  options: listingOptions,
  examples: [
    { command: 'runs', explains: 'what has been run here' },
    { command: 'runs --output json', explains: 'for a program' },
  ],
  run: async ({ options, io }) => {
    const { listRuns } = await import('../flow/state/runs.js');
    const all = await listRuns(options.stateDir);
    const value = all.map(summaryOf);
    const rows = value.map((run) => [
      run.run,
      run.state,
      run.command,
      run.source,
      String(run.read),
      String(run.quarantined),
      sinksOf(run.sinks),
    ]);
    const listing = {
      title: all.length === 0 ? `No runs in ${options.stateDir}` : `Runs in ${options.stateDir}`,
      head: ['run', 'state', 'command', 'source', 'read', 'quarantined', 'accepted'],
      rows,
      numbers: [4, 5],
    };
    await printListing({ value, listing, output: options.output }, io);
    return 0;
  },
};

function summaryOf({ record, position }: StoredRun) {
  const { id, command, startedAt, source, sinks } = record;
  return {
    run: id,
    state: position?.state ?? 'unfinished',
    command,
    startedAt,
    source,
    read: position?.accounts.read ?? 0,
    quarantined: position?.accounts.quarantined ?? 0,
    resumed: position?.resumed ?? 0,
    sinks:
      position?.accounts.sinks.map(({ label, accepted }) => ({ label, accepted })) ??
      sinks.map((label) => ({ label, accepted: 0 })),
  };
}

function sinksOf(sinks: readonly { readonly label: string; readonly accepted: number }[]): string {
  return sinks.map(({ label, accepted }) => `${accepted} ${label}`).join(', ');
}

/** `respool runs show`. */
export const runsShow: Command<typeof listingOptions> = {
  name: 'runs show',
  summary: 'print the receipt of a run',
  description: 'Prints what the run reported when it ended, as --output json did.',
  arguments: [{ name: 'run', summary: 'its id, as `respool runs` lists it', isRequired: true, isVariadic: false }],
  options: listingOptions,
  examples: [{ command: 'runs show 20261123-081922-4176664', explains: 'what that run did' }],
  run: async ({ args, options, io }) => {
    const { showRun } = await import('./runs-show.js');
    return showRun(args[0] ?? '', options as RunsOptions, io);
  },
};

const pruneOptions = {
  olderThan: optional(
    { flag: '--older-than', value: 'age', summary: 'only runs that began longer ago: 30d, 12h', group: 'Choosing' },
    age,
  ),
  all: toggle({
    flag: '--all',
    summary: 'unfinished runs and those with events in their quarantine too',
    group: 'Choosing',
  }),
  yes: yesOption,
  ...listingOptions,
} as const;

/** The options of `respool runs prune`. */
export type PruneRunsOptions = ValuesOf<typeof pruneOptions>;

/** `respool runs prune`. */
export const runsPrune: Command<typeof pruneOptions> = {
  name: 'runs prune',
  summary: 'remove what is remembered of old runs',
  description:
    'Removes the folders of finished runs. Unfinished ones, and those whose quarantine holds events, stay until --all ' +
    'takes them too: with them goes what could not be delivered. The ledger is not touched.',
  arguments: [],
  options: pruneOptions,
  examples: [{ command: 'runs prune --older-than 30d', explains: 'keep a month' }],
  run: async (invocation) => {
    const { pruneRuns } = await import('./runs-prune.js');
    return pruneRuns(invocation);
  },
};
