import type { Command, Invocation } from './command.js';
import { checkOptions, dumpOptions } from './dump-options.js';
import { optional, repeatable, toggle, type ValuesOf, withDefault } from './option.js';
import { sharedOptions } from './shared-options.js';
import { unwrap, unwrapDescription } from './unwrap-option.js';
import { choice, glob, namedThreshold, text, wholeNumber } from './values.js';

const gate = 'Gate';

const gateOptions = {
  fixtures: repeatable(
    {
      flag: '--fixtures',
      value: 'folder',
      summary:
        'examples; those below invalid/ or named *.invalid.* or *.fail.* must be refused (see --invalid-pattern)',
      group: gate,
      completes: 'folder',
    },
    text,
  ),
  invalidPattern: repeatable(
    {
      flag: '--invalid-pattern',
      value: 'glob',
      summary: 'fixtures that must be refused, instead of those with the usual names',
      group: gate,
    },
    glob,
  ),
  validPattern: repeatable(
    {
      flag: '--valid-pattern',
      value: 'glob',
      summary: 'fixtures that must be valid, whatever their usual names say; one of neither kind is a finding',
      group: gate,
    },
    glob,
  ),
  maxInvalid: repeatable(
    {
      flag: '--max-invalid',
      value: '[name=]n|%',
      summary: 'so many invalid events are tolerated, overall or of one name (default: none)',
      group: gate,
    },
    namedThreshold,
  ),
  minEvents: withDefault(
    {
      flag: '--min-events',
      value: 'n',
      summary: 'fewer events than this are a finding',
      group: gate,
      default: '1',
    },
    wholeNumber(0),
  ),
  baseline: optional(
    {
      flag: '--baseline',
      value: 'file',
      summary: 'known problems: only new ones fail, and those that are gone leave the file',
      group: gate,
      completes: 'file',
    },
    text,
  ),
  updateBaseline: toggle({
    flag: '--update-baseline',
    summary: 'write all problems of this run into the baseline',
    group: gate,
  }),
  mutate: toggle({
    flag: '--mutate',
    summary: 'spoil each field of each valid event, and tell what the schema lets through',
    group: gate,
  }),
  against: optional(
    {
      flag: '--against',
      value: 'table',
      summary: 'Postgres table, or .sql file that makes it: could it refuse what the schemas accept?',
      group: gate,
    },
    text,
  ),
  table: optional(
    { flag: '--table', value: 'name', summary: 'which table, where the .sql file makes several', group: gate },
    text,
  ),
  minDaysLeft: optional(
    {
      flag: '--min-days-left',
      value: 'n',
      summary: 'with --against: partitions for fewer days to come are a finding',
      group: gate,
    },
    wholeNumber(1),
  ),
  before: optional(
    {
      flag: '--before',
      value: 'ref',
      summary: 'the schemas as they were, as a git ref, folder or file: what breaks is a finding, with a witness',
      group: gate,
    },
    text,
  ),
  emitTypes: optional(
    {
      flag: '--emit-types',
      value: 'file.ts',
      summary: 'write TypeScript types of the events, so that the compiler helps those who send them',
      group: gate,
      completes: 'file',
    },
    text,
  ),
  keyword: repeatable(
    {
      flag: '--keyword',
      value: 'name',
      summary: 'a keyword of your own in the schemas, which is not to be warned of (x-… is always fine)',
      group: gate,
    },
    text,
  ),
  lint: withDefault(
    {
      flag: '--lint',
      value: 'level',
      summary: 'what is odd in the schemas is a warning, or a finding (error)',
      group: gate,
      choices: ['warn', 'error'],
      default: 'warn',
    },
    choice(['warn', 'error']),
  ),
} as const;

const { output, ...shared } = sharedOptions;
const formats = ['table', 'json', 'ndjson', 'junit', 'sarif', 'github', 'gitlab', 'markdown', 'html'] as const;

const options = {
  ...gateOptions,
  ...checkOptions,
  ...dumpOptions,
  unwrap: withDefault({ ...unwrapDescription, group: 'Dumps', default: 'none' }, unwrap),
  jobs: optional(
    { flag: '--jobs', value: 'n', summary: 'threads (default: the number of cores)', group: 'Output and behaviour' },
    wholeNumber(1, 256),
  ),
  maxProblems: withDefault(
    {
      flag: '--max-problems',
      value: 'n',
      summary: 'tell so many problems one by one; all are counted',
      group: 'Output and behaviour',
      default: '1000',
    },
    wholeNumber(0, 1_000_000),
  ),
  output: { ...output, description: { ...output.description, choices: formats } },
  ...shared,
};

/** The options of `respool validate`, parsed. */
export type ValidateOptions = ValuesOf<typeof options>;

/** `respool validate`. */
export const validate: Command<typeof options> = {
  name: 'validate',
  summary: 'check dumps and fixtures against the schema, for CI and by hand',
  description:
    'Checks every event against its schema and tells all that is wrong with it. Nothing is delivered and nothing is ' +
    'changed. Exits with 0 when all is well, 1 with findings, and 2 when something could not be read to its end.',
  arguments: [
    {
      name: 'dump',
      summary: 'a file, folder, glob, s3://bucket/prefix, or - for standard input',
      isRequired: false,
      isVariadic: true,
    },
  ],
  options,
  examples: [
    { command: 'validate events.ndjson.gz --schema schemas/', explains: 'a dump against a folder of schemas' },
    { command: 'validate --fixtures fixtures/ --schema schemas/', explains: 'examples, good ones and bad ones' },
    {
      command: 'validate --schema schemas/ --against "postgres://localhost/app?table=events"',
      explains: 'would the table refuse what the schemas accept?',
    },
    { command: 'validate --schema schemas/ --before origin/main', explains: 'does this change break anyone?' },
    {
      command: 'validate dumps/ --schema event.schema.json --output table --output junit:report.xml',
      explains: 'a table to read, and a report for CI',
    },
  ],
  run: async (invocation: Invocation<ValidateOptions>) => {
    const { runValidate } = await import('./validate-run.js');
    return runValidate(invocation);
  },
};
