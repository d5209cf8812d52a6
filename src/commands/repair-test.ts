import type { Command, Invocation } from './command.js';
import type { ValuesOf } from './option.js';
import { sharedOptions } from './shared-options.js';

const { output: _output, stateDir: _stateDir, yes: _yes, ...options } = sharedOptions;

/** `respool repair test`. */
export const repairTest: Command<typeof options> = {
  name: 'repair test',
  summary: 'try the examples in a file of repair rules',
  description:
    'Every rule may hold examples, test: [{before, after}], and so may the file itself. Those under a rule are tried ' +
    'with that rule alone, those of the file with all rules. A wrong one is a finding: exit 1.',
  arguments: [{ name: 'file', summary: 'rules (.yaml)', isRequired: true, isVariadic: false }],
  options,
  examples: [{ command: 'repair test rules.yaml', explains: 'before the rules are let at real letters' }],
  run: async (invocation: Invocation<ValuesOf<typeof options>>) => {
    const { runRepairTest } = await import('./repair-test-run.js');
    return runRepairTest(invocation);
  },
};
