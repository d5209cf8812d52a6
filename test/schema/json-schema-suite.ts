import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalog } from '../../src/schema/catalog.js';
import { compileCatalog } from '../../src/schema/compile.js';

/**
 * The official JSON-Schema-Test-Suite: a folder with `tests/` and `remotes/`, named by RESPOOL_JSON_SCHEMA_SUITE, or as
 * Debian's package libtest-json-schema-acceptance-perl installs it.
 */
const suiteFolder =
  process.env.RESPOOL_JSON_SCHEMA_SUITE ?? '/usr/share/perl5/auto/share/dist/Test-JSON-Schema-Acceptance';

/** Whether the suite is there. @throws where CI must have it. */
export function isSuiteThere(): boolean {
  const isThere = existsSync(join(suiteFolder, 'tests/draft2020-12'));
  if (isThere) return true;
  const message = `the JSON-Schema-Test-Suite is not at ${suiteFolder} (RESPOOL_JSON_SCHEMA_SUITE names its folder)`;
  if (process.env.CI === 'true') throw new Error(`${message}, and CI=true demands its tests`);
  console.warn(`SKIPPED: ${message}, so it is not run`);
  return false;
}

/** The drafts of the suite, and what their schemas call themselves. */
export const DRAFTS: Readonly<Record<string, string>> = {
  draft4: 'http://json-schema.org/draft-04/schema#',
  draft6: 'http://json-schema.org/draft-06/schema#',
  draft7: 'http://json-schema.org/draft-07/schema#',
  'draft2019-09': 'https://json-schema.org/draft/2019-09/schema',
  'draft2020-12': 'https://json-schema.org/draft/2020-12/schema',
};

const JS_NAMES = 'a member named __proto__ is not looked at: ajv leaves it out on purpose';
const ITEMS = 'ajv takes "items" of one branch of anyOf for those of the whole array';
const VOCABULARY = 'a $schema of one’s own is refused: only the five drafts themselves are known';

/** Groups in which respool does not agree, and why. Everything else must. */
const DEVIATIONS: Readonly<Record<string, string>> = {
  'properties.json: properties whose names are Javascript object property names': JS_NAMES,
  'unevaluatedItems.json: unevaluatedItems with nested items': ITEMS,
  'unevaluatedItems.json: unevaluatedItems depends on adjacent contains': 'ajv does not count what "contains" matched',
  'unevaluatedItems.json: unevaluatedItems depends on multiple nested contains': 'the same',
  'unevaluatedItems.json: unevaluatedItems and contains interact to control item dependency relationship': 'the same',
  'unevaluatedProperties.json: unevaluatedProperties with if/then/else, then not defined':
    'ajv counts what "if" has seen although it did not hold',
  'dynamicRef.json: after leaving a dynamic scope, it is not used by a $dynamicRef':
    'a $dynamicRef into another file that means several places is refused',
  'vocabulary.json: schema that uses custom metaschema with with no validation vocabulary': VOCABULARY,
  'vocabulary.json: ignore unrecognized optional vocabulary': VOCABULARY,
};

/** What a draft's tests came to. */
export interface SuiteResult {
  readonly tests: number;
  /** Tests that came out wrong in groups where they must not. */
  readonly wrong: readonly string[];
  /** Groups that are said to deviate, and do not. */
  readonly mended: readonly string[];
}

interface Group {
  readonly description: string;
  readonly schema: unknown;
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[];
}

/** Runs the tests of one draft, all of them or those of some files, through the loader and the checker. */
export async function runSuite(draft: string, only?: readonly string[]): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'respool-suite-'));
  const result = { tests: 0, wrong: [] as string[], mended: [] as string[] };
  const names = readdirSync(join(suiteFolder, 'tests', draft)).filter((name) => name.endsWith('.json'));
  for (const name of names.filter((each) => only === undefined || only.includes(each))) {
    const groups: readonly Group[] = JSON.parse(readFileSync(join(suiteFolder, 'tests', draft, name), 'utf8'));
    for (const [at, group] of groups.entries()) {
      const wrong = await runGroup(group, { folder: join(folder, `${name}-${at}`), draft });
      const title = `${name}: ${group.description}`;
      result.tests += group.tests.length;
      if (!(title in DEVIATIONS)) result.wrong.push(...wrong.map((each) => `${title}: ${each}`));
      else if (wrong.length === 0) result.mended.push(title);
    }
  }
  await rm(folder, { recursive: true });
  return result;
}

/** Each schema lies in a folder of its own: neighbours may be referred to by their ids. */
async function runGroup({ schema, tests }: Group, place: { readonly folder: string; readonly draft: string }) {
  const path = join(place.folder, 'schema.json');
  await mkdir(place.folder);
  const isObject = typeof schema === 'object';
  await writeFile(path, JSON.stringify(isObject ? { $schema: DRAFTS[place.draft], ...schema } : schema));
  try {
    const mappings = [{ uri: 'http://localhost:1234/', path: join(suiteFolder, 'remotes') }];
    const checker = compileCatalog(await loadCatalog(path, { mappings }), { unknownEvent: 'accept' });
    return tests.flatMap(({ description, data, valid }) =>
      (checker.check(data, '') === undefined) === valid ? [] : [`${description}: must be ${valid}`],
    );
  } catch (error) {
    return [String(error)];
  }
}
