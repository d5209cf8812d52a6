import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../../errors.js';
import { openCode } from './code.js';
import { readRules } from './read-rules.js';
import type { RepairSpec, RuleTest } from './rule.js';

/** The repairs of a run. */
export interface LoadedRepair {
  readonly spec: RepairSpec;
  /** SHA-256 of the file: a run goes on only with the repairs that it began with. */
  readonly fingerprint: string;
  readonly tests: readonly RuleTest[];
}

/**
 * Loads rules (`.yaml`, `.yml`, `.json`) or code (`.mjs`, `.js`).
 * @throws UsageError `bad_repair` with everything that is wrong with it.
 */
export async function loadRepair(path: string): Promise<LoadedRepair> {
  const content = await readFile(path).catch((cause: unknown) => {
    throw new UsageError(
      `the repairs ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        code: 'bad_repair',
        hint: 'name a file of rules (.yaml) or of code (.mjs)',
        cause,
      },
    );
  });
  const fingerprint = createHash('sha256').update(content).digest('hex');
  if (/\.[mc]?js$/u.test(path)) {
    const spec = { kind: 'code', module: pathToFileURL(resolve(path)).href, name: basename(path) } as const;
    await openCode(spec, undefined);
    return { spec, fingerprint, tests: [] };
  }
  if (!/\.(?:ya?ml|json)$/u.test(path)) {
    throw new UsageError(`${path}: repairs are rules (.yaml, .yml, .json) or code (.mjs, .js)`, {
      code: 'bad_repair',
      hint: 'give the file the ending of what is in it',
    });
  }
  const { rules, tests } = await readRules(content.toString(), path);
  return { spec: { kind: 'rules', rules }, fingerprint, tests };
}
