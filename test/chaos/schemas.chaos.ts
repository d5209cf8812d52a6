import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadCatalog } from '../../src/schema/catalog.js';
import { compileCatalog } from '../../src/schema/compile.js';
import { DRAFTS, isSuiteThere, runSuite } from '../schema/json-schema-suite.js';
import { sharedData } from '../support/shared-data.js';

const cdevents = sharedData('cdevents');
const octokit = sharedData('octokit');
const real = test.skipIf(!existsSync(cdevents));

describe.skipIf(!isSuiteThere())('JSON-Schema-Test-Suite', () => {
  test.each(Object.keys(DRAFTS))('%s agrees, except in the groups that are listed', async (draft) => {
    const { tests, wrong, mended } = await runSuite(draft);

    expect(tests).toBeGreaterThan(550);
    expect(wrong).toEqual([]);
    expect(mended).toEqual([]);
  });
});

real('cdevents: all 48 conformance events fit their schemas', async () => {
  const names = readdirSync(join(cdevents, 'conformance')).filter((name) => name.endsWith('.json'));
  const outcomes = await Promise.all(
    names.map((name) =>
      problemsOf(join(cdevents, 'conformance', name), join(cdevents, 'schemas', name.replace(/_/gu, ''))),
    ),
  );

  expect(outcomes).toHaveLength(48);
  expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([]);
});

real('octokit: 271 webhooks are valid, and two have a date-time without a zone', async () => {
  const outcomes: Awaited<ReturnType<typeof problemsOf>>[] = [];
  for (const event of readdirSync(join(octokit, 'payload-examples'))) {
    for (const name of readdirSync(join(octokit, 'payload-examples', event))) {
      const path = join(octokit, 'payload-examples', event, name);
      const { action } = JSON.parse(readFileSync(path, 'utf8')) as { readonly action?: string }; // a webhook's body
      const own = join(octokit, 'payload-schemas', event, `${action}.schema.json`);
      outcomes.push(await problemsOf(path, existsSync(own) ? own : join(own, '../event.schema.json')));
    }
  }
  const wrong = outcomes.filter((outcome) => outcome !== undefined);

  expect(outcomes.length - wrong.length).toBe(271);
  expect(wrong).toHaveLength(2);
  expect(new Set(wrong.flat().map(({ rule }) => rule))).toEqual(new Set(['format']));
});

async function problemsOf(path: string, schema: string) {
  const checker = compileCatalog(await loadCatalog(schema), { unknownEvent: 'accept' });
  return checker.check(JSON.parse(readFileSync(path, 'utf8')), '');
}
