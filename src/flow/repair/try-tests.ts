import { canonicalJson } from '../../event/canonical.js';
import { openRepairer, type Repairer } from './repairer.js';
import type { Rule, RuleTest } from './rule.js';

/** What came of one example. */
export interface TestOutcome {
  readonly test: RuleTest;
  readonly isRight: boolean;
  readonly found: readonly string[];
  /** Why nothing could be found. */
  readonly failure?: string;
}

/** Tries the examples of a file: those under a rule with that rule alone, those at the end with all of them. */
export async function tryTests(rules: readonly Rule[], tests: readonly RuleTest[]): Promise<readonly TestOutcome[]> {
  const outcomes: TestOutcome[] = [];
  for (const test of tests) {
    const chosen = test.rule === undefined ? rules : rules.filter(({ name }) => name === test.rule);
    outcomes.push(tryOne(await openRepairer({ kind: 'rules', rules: chosen }, undefined), test));
  }
  return outcomes;
}

function tryOne(repairer: Repairer, test: RuleTest): TestOutcome {
  try {
    const json = Buffer.from(test.before);
    const repaired = repairer.repair({ id: 'test', name: '', timeUs: Number.NaN, layers: [], json });
    const found = (repaired?.texts ?? [json]).map((text) => Buffer.from(text).toString());
    const isRight = repaired?.failure === undefined && isSame(found, test.after);
    return { test, isRight, found, ...(repaired?.failure !== undefined && { failure: repaired.failure }) };
  } catch (error) {
    return { test, isRight: false, found: [], failure: error instanceof Error ? error.message : String(error) };
  }
}

function isSame(found: readonly string[], after: readonly string[]): boolean {
  return (
    found.length === after.length && found.every((text, at) => canonicalJson(text) === canonicalJson(after[at] ?? ''))
  );
}
