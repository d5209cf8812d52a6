import type { Command } from './command.js';
import { ledgerOption, listingOptions } from './listing-options.js';
import type { ValuesOf } from './option.js';

const options = { ledger: ledgerOption, ...listingOptions } as const;
/** The options of `respool trace`. */
export type TraceOptions = ValuesOf<typeof options>;

/** `respool trace`. */
export const trace: Command<typeof options> = {
  name: 'trace',
  summary: 'tell what happened to one event, in which run and in which sink',
  description:
    'Looks for an event by its id in the ledger and in the quarantines of all runs in the state folder. Postgres is its ' +
    'own ledger: what it holds, a query tells. Exit 1 when nothing is known of the event.',
  arguments: [{ name: 'event-id', summary: 'the id, as it stands in the event', isRequired: true, isVariadic: false }],
  options,
  examples: [{ command: 'trace hb-00017', explains: 'was it sent, and where is it now' }],
  run: async (invocation) => (await import('./trace-run.js')).runTrace(invocation),
};
