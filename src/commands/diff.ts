import { choosingOptions } from './choosing-options.js';
import type { Command, Invocation } from './command.js';
import { diffEmit, diffLimit, diffRename, diffTolerance, duration } from './diff-values.js';
import { checkOptions, dumpOptions } from './dump-options.js';
import { optional, repeatable, toggle, type ValuesOf, withDefault } from './option.js';
import { sharedOptions } from './shared-options.js';
import { timezone } from './time-values.js';
import { unwrap, unwrapDescription } from './unwrap-option.js';
import { field, text, wholeNumber } from './values.js';

const comparing = 'Comparing';

const keyOptions = {
  key: repeatable(
    {
      flag: '--key',
      value: 'field',
      summary: 'field that makes an event the same on both sides; several together, instead of --id',
      group: comparing,
    },
    field,
  ),
  byContent: toggle({
    flag: '--by-content',
    summary: 'events have no key: they are the same when they are equal',
    group: comparing,
  }),
} as const;

const ruleOptions = {
  ignore: repeatable(
    {
      flag: '--ignore',
      value: 'place',
      summary: 'do not look at this place; * and ** are wildcards',
      group: comparing,
    },
    field,
  ),
  only: repeatable(
    { flag: '--only', value: 'place', summary: 'look at nothing but this place and its like', group: comparing },
    field,
  ),
  tolerance: repeatable(
    { flag: '--tolerance', value: 'place=n', summary: 'numbers there may be so far apart', group: comparing },
    diffTolerance,
  ),
  timeTolerance: optional(
    { flag: '--time-tolerance', value: 'duration', summary: 'times may be so far apart, such as 1s', group: comparing },
    duration,
  ),
  map: repeatable(
    {
      flag: '--map',
      value: 'left=/a right=/b',
      summary: 'a field that has another name on the right',
      group: comparing,
    },
    diffRename,
  ),
  numericStrings: toggle({
    flag: '--numeric-strings',
    summary: 'texts that are written like numbers are numbers',
    group: comparing,
  }),
  nullIsMissing: toggle({ flag: '--null-is-missing', summary: 'a null member is no member', group: comparing }),
  settle: optional(
    {
      flag: '--settle',
      value: 'duration',
      summary: 'leave out events younger than this, such as 10m: they are in flight',
      group: comparing,
    },
    duration,
  ),
  noise: optional(
    {
      flag: '--noise',
      value: 'second left',
      summary:
        'another run of the old pipeline: places at which it differs from the left are not held against the right',
      group: comparing,
    },
    text,
  ),
} as const;

const acting = 'Result';

const resultOptions = {
  maxDiff: repeatable(
    {
      flag: '--max-diff',
      value: '[class=]n|%',
      summary: 'so many differences are tolerated, overall or of one class (default: none)',
      group: acting,
    },
    diffLimit,
  ),
  emit: repeatable(
    {
      flag: '--emit',
      value: 'kind:file',
      summary: 'write missing, extra or changed events, byte for byte, as a dump',
      group: acting,
    },
    diffEmit,
  ),
  heal: optional(
    {
      flag: '--heal',
      value: 'sink',
      summary: 'replay what is missing into this sink, then compare again',
      group: acting,
    },
    text,
  ),
  examples: withDefault(
    { flag: '--examples', value: 'n', summary: 'show so many differences of each class', group: acting, default: '5' },
    wholeNumber(0, 1_000),
  ),
} as const;

const { output, ...shared } = sharedOptions;
const { id, name, time: timeField } = checkOptions;
const formats = ['table', 'json', 'ndjson', 'junit', 'github', 'markdown', 'html'] as const;

const options = {
  ...keyOptions,
  id,
  name,
  time: timeField,
  ...ruleOptions,
  ...choosingOptions,
  ...resultOptions,
  ...dumpOptions,
  unwrap: withDefault({ ...unwrapDescription, group: 'Dumps', default: 'auto' }, unwrap),
  timezone: withDefault(
    { flag: '--timezone', value: 'zone', summary: 'zone of times that have none', group: 'Events', default: 'UTC' },
    timezone,
  ),
  jobs: optional(
    { flag: '--jobs', value: 'n', summary: 'threads (default: the number of cores)', group: 'Output and behaviour' },
    wholeNumber(1, 256),
  ),
  output: { ...output, description: { ...output.description, choices: formats } },
  ...shared,
};

/** The options of `respool diff`, parsed. */
export type DiffOptions = ValuesOf<typeof options>;

/** `respool diff`. */
export const diff: Command<typeof options> = {
  name: 'diff',
  summary: 'prove that two sources hold the same events, and heal what one of them missed',
  description:
    'Holds two sources against each other, event by event, by their keys. Equality is that of the JSON values: numbers ' +
    'by value at any size, objects without order, null is not missing. Exits with 0 when both are equal, 1 when they ' +
    'differ, and 2 when one of them could not be read to its end.',
  arguments: [
    {
      name: 'left',
      summary: 'what should be there: a file, folder, glob, s3://…, postgres://…?table=…, or a configured source',
      isRequired: true,
      isVariadic: false,
    },
    { name: 'right', summary: 'what is there, named in the same ways', isRequired: true, isVariadic: false },
  ],
  options,
  examples: [
    { command: 'diff old/ new/', explains: 'two folders of dumps, by the id of their events' },
    {
      command: 'diff dump.ndjson.gz "postgres://localhost/app?table=events"',
      explains: 'has everything in the dump reached the table?',
    },
    {
      command: 'diff old/ new/ --ignore /received_at --tolerance /amount=0.01 --output html:report.html',
      explains: 'a report to look at before switching over',
    },
    {
      command: 'diff old/ new/ --key /invoice --key /stock --emit missing:gap.ndjson',
      explains: 'a key of two fields; what is missing, to be replayed',
    },
    {
      command: 'diff dump/ "postgres://localhost/app?table=events" --heal "postgres://localhost/app?table=events"',
      explains: 'find the gap, fill it, and prove that it is filled',
    },
  ],
  run: async (invocation: Invocation<DiffOptions>) => {
    const { runDiff } = await import('./diff-run.js');
    return runDiff(invocation);
  },
};
