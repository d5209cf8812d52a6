import type { Listing } from '../report/listing.js';
import { parseOutputs, printOutputs } from '../report/output.js';
import type { Io } from './command.js';
import { optional, repeatable, toggle } from './option.js';
import { sharedOptions } from './shared-options.js';
import { text } from './values.js';

const { noColor, config, stateDir, yes } = sharedOptions;

/** What every command that lists something understands. */
export const listingOptions = {
  output: repeatable(
    {
      flag: '--output',
      value: 'format[:file]',
      summary: 'how to print the result, and where: to standard output, or to a file',
      group: 'Output and behaviour',
      choices: ['table', 'json'],
      default: 'table',
    },
    text,
  ),
  noColor,
  config,
  stateDir,
  verbose: toggle({
    flag: '--verbose',
    short: '-v',
    summary: 'say where errors come from',
    group: 'Output and behaviour',
  }),
} as const;

/** Where the ledger is. */
export const ledgerOption = optional(
  {
    flag: '--ledger',
    value: 'postgres://…',
    summary: 'what was sent, shared by several machines (default: in the state folder)',
    group: 'Ledger',
  },
  text,
);

/** The answer to a question before something is forgotten. */
export const yesOption = yes;

/** Prints a value for programs, and its listing for people. */
export async function printListing(
  {
    value,
    listing,
    output,
  }: { readonly value: unknown; readonly listing: Listing; readonly output: readonly string[] },
  io: Io,
): Promise<void> {
  const { renderListing } = await import('../report/listing.js');
  const { renderJson } = await import('../report/json.js');
  await printOutputs(
    {
      value,
      outputs: parseOutputs(output, ['table', 'json']),
      renderers: { table: (_, style) => renderListing(listing, style), json: (each) => renderJson(each) },
    },
    io,
  );
}
