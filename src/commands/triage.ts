import type { Command, Invocation } from './command.js';
import { checkOptions, dumpOptions } from './dump-options.js';
import { optional, repeatable, type ValuesOf, withDefault } from './option.js';
import { sharedOptions } from './shared-options.js';
import { unwrap, unwrapDescription } from './unwrap-option.js';
import { text, wholeNumber } from './values.js';

const group = 'Letters';

const options = {
  signature: repeatable(
    { flag: '--signature', value: 'id', summary: 'show, and export, only letters of this signature', group },
    text,
  ),
  export: optional(
    {
      flag: '--export',
      value: 'file',
      summary: 'write the letters of --signature (all without it) to a new file: it is itself a dump',
      group,
      completes: 'file',
    },
    text,
  ),
  limit: optional({ flag: '--limit', value: 'n', summary: 'look at about this many events', group }, wholeNumber(1)),
  ...checkOptions,
  unwrap: withDefault({ ...unwrapDescription, group: 'Events', default: 'auto' }, unwrap),
  ...dumpOptions,
  ...sharedOptions,
  output: repeatable({ ...sharedOptions.output.description, choices: ['table', 'json', 'html'] }, text),
} as const;

/** The options of `respool triage`, parsed. */
export type TriageOptions = ValuesOf<typeof options>;

/** `respool triage`. */
export const triage: Command<typeof options> = {
  name: 'triage',
  summary: 'see what lies in a queue or a dump of dead letters, and why, without consuming it',
  description:
    'Counts letters by queue of origin, by name and by failure signature: what differs from letter to letter is left ' +
    'out of the message. Proposes a repair rule where one is evident. With --schema every event is checked as well. ' +
    'Nothing is acknowledged; a queue in which a mere look would count against its letters is refused.',
  arguments: [
    {
      name: 'source',
      summary: 'a queue, a quarantine, a snapshot, or a dump of letters',
      isRequired: true,
      isVariadic: true,
    },
  ],
  options,
  examples: [
    { command: 'triage sqs:orders-dlq', explains: 'what is in the queue' },
    {
      command: 'triage .respool/runs/<id>/quarantine.ndjson --output html:triage.html',
      explains: 'a page for the ticket',
    },
    {
      command: 'triage sqs:orders-dlq --signature 1a2b3c4d --export letters.ndjson',
      explains: 'the letters of one cause',
    },
  ],
  run: async (invocation: Invocation<TriageOptions>) => {
    const { runTriage } = await import('./triage-run.js');
    return runTriage(invocation);
  },
};
