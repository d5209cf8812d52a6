import type { Command } from './command.js';
import { ledgerOption, listingOptions, yesOption } from './listing-options.js';
import { optional, type ValuesOf } from './option.js';
import { age, text } from './values.js';

const statsOptions = { ledger: ledgerOption, ...listingOptions } as const;
/** The options of `respool ledger stats`. */
export type LedgerStatsOptions = ValuesOf<typeof statsOptions>;

/** `respool ledger stats`. */
export const ledgerStats: Command<typeof statsOptions> = {
  name: 'ledger stats',
  summary: 'count what each sink has taken, as the ledger remembers it',
  description: 'Counts the events of each sink: taken, and unknown (sent, with nobody having noted an answer).',
  arguments: [],
  options: statsOptions,
  examples: [{ command: 'ledger stats', explains: 'the ledger of this state folder' }],
  run: async (invocation) => (await import('./ledger-run.js')).showStats(invocation),
};

const exportOptions = {
  ledger: ledgerOption,
  sink: optional({ flag: '--sink', value: 'label', summary: 'only what this sink has taken', group: 'Ledger' }, text),
  ...listingOptions,
} as const;
/** The options of `respool ledger export`. */
export type LedgerExportOptions = ValuesOf<typeof exportOptions>;

/** `respool ledger export`. */
export const ledgerExport: Command<typeof exportOptions> = {
  name: 'ledger export',
  summary: 'print the whole ledger as NDJSON',
  description: 'One line for each event and sink: sink, id, state, run, source, part and offset in it.',
  arguments: [],
  options: exportOptions,
  examples: [{ command: 'ledger export > ledger.ndjson', explains: 'to look into, or to keep' }],
  run: async (invocation) => (await import('./ledger-run.js')).exportLedger(invocation),
};

const pruneOptions = {
  ledger: ledgerOption,
  olderThan: optional(
    {
      flag: '--older-than',
      value: 'age',
      summary: 'forget what was sent by commands that began longer ago: 90d, 12h',
      group: 'Ledger',
    },
    age,
  ),
  yes: yesOption,
  ...listingOptions,
} as const;
/** The options of `respool ledger prune`. */
export type LedgerPruneOptions = ValuesOf<typeof pruneOptions>;

/** `respool ledger prune`. */
export const ledgerPrune: Command<typeof pruneOptions> = {
  name: 'ledger prune',
  summary: 'forget what was sent long ago',
  description: 'Forgets old events. What is forgotten and replayed once more is sent once more.',
  arguments: [],
  options: pruneOptions,
  examples: [{ command: 'ledger prune --older-than 90d', explains: 'keep three months' }],
  run: async (invocation) => (await import('./ledger-run.js')).pruneLedger(invocation),
};
