import { UsageError } from '../errors.js';
import { loadRepair } from '../flow/repair/load.js';
import { type TestOutcome, tryTests } from '../flow/repair/try-tests.js';
import { createPaint } from '../report/paint.js';
import { diffLines } from '../report/plan-repairs.js';
import { counted } from '../report/text.js';
import type { Invocation } from './command.js';

/**
 * Tries the examples of a file of rules and tells those that come out wrong. Resolves to the exit code.
 * @throws UsageError when the file cannot be used, or holds no example.
 */
export async function runRepairTest({ args: [path = ''], io }: Pick<Invocation, 'args' | 'io'>): Promise<number> {
  const { spec, tests } = await loadRepair(path);
  if (spec.kind === 'code') {
    throw new UsageError(`${path} is code: its tests are for a test runner`, {
      code: 'no_repair_tests',
      hint: `--dry-run --repair ${path} shows what it would do`,
    });
  }
  if (tests.length === 0) {
    throw new UsageError(`${path} holds no example`, {
      code: 'no_repair_tests',
      hint: 'add test: [{ before: {…}, after: {…} }] to a rule',
    });
  }
  const outcomes = await tryTests(spec.rules, tests);
  const paint = createPaint(io.colors.stdout);
  const wrong = outcomes.filter(({ isRight }) => !isRight);
  for (const outcome of wrong) io.stdout.write(`${tell(outcome).join('\n')}\n`);
  const summary = `${counted(outcomes.length - wrong.length, 'example')} right, ${wrong.length} wrong`;
  io.stdout.write(`${wrong.length === 0 ? paint.green(summary) : paint.red(summary)}\n`);
  return wrong.length === 0 ? 0 : 1;
}

function tell({ test, found, failure }: TestOutcome): string[] {
  const whose = test.rule === undefined ? 'all rules' : test.rule;
  if (failure !== undefined) return [`${test.at}: ${whose}: ${failure}`];
  const [expected] = test.after;
  const isOne = test.after.length === 1 && found.length === 1 && expected !== undefined;
  const differences = isOne
    ? diffLines({ at: test.at, id: '', before: expected, after: found })
    : [...test.after.map((text) => ({ sign: '-', text })), ...found.map((text) => ({ sign: '+', text }))];
  const lines = differences.map(({ sign, text }) => `  ${sign === '-' ? 'expected' : 'found   '} ${text}`);
  return [`${test.at}: ${whose}: not what is written down`, ...lines];
}
