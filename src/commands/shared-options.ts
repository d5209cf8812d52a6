import { optional, repeatable, toggle, withDefault } from './option.js';
import { text } from './values.js';

const group = 'Output and behaviour';

/** What every command that does work understands. Commands spread it behind their own options. */
export const sharedOptions = {
  output: repeatable(
    {
      flag: '--output',
      value: 'format[:file]',
      summary: 'how to print the result, and where: to standard output, or to a file',
      group,
      choices: ['table', 'json', 'markdown'],
      default: 'table',
    },
    text,
  ),
  quiet: toggle({ flag: '--quiet', short: '-q', summary: 'no progress and no notes, only the result', group }),
  verbose: toggle({ flag: '--verbose', short: '-v', summary: 'say more, and where errors come from', group }),
  noColor: toggle({ flag: '--no-color', summary: 'no colours (NO_COLOR does the same)', group }),
  config: optional(
    {
      flag: '--config',
      value: 'file',
      summary: 'configuration to use (default: respool.config.yaml or .json here or in a folder above)',
      group,
      completes: 'file',
    },
    text,
  ),
  stateDir: withDefault(
    {
      flag: '--state-dir',
      value: 'folder',
      summary: 'where runs, positions and quarantine are kept',
      group,
      default: '.respool',
      completes: 'folder',
    },
    text,
  ),
  yes: toggle({ flag: '--yes', summary: 'answer every question with yes; required off a terminal', group }),
} as const;
