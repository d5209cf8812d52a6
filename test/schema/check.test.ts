import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { loadCatalog } from '../../src/schema/catalog.js';
import type { Problem } from '../../src/schema/check.js';
import { compileCatalog } from '../../src/schema/compile.js';
import { sharedData } from '../support/shared-data.js';

interface Checks {
  readonly unknownEvent: 'accept' | 'reject';
  readonly checks: readonly {
    readonly name: string;
    readonly event: Readonly<Record<string, unknown>>;
    readonly problems: readonly Problem[] | null;
  }[];
}

const folder = fileURLToPath(new URL('../../fixtures/schemas/checks/', import.meta.url));

describe('each case of fixtures/schemas/checks finds the problems it names', () => {
  test.each(readdirSync(folder))('%s', async (name) => {
    const { unknownEvent, checks }: Checks = readJson(`${folder}${name}/checks.json`);
    const catalog = structuredClone(await loadCatalog(schemaIn(`${folder}${name}`)));
    const checker = compileCatalog(catalog, { unknownEvent });
    const found = checks.map(({ name: event, event: value }) => ({
      name: event,
      event: value,
      problems: checker.check(value, event)?.map(({ value: _, ...problem }) => problem) ?? null,
    }));
    expect(found).toEqual(checks);
  });
});

test('the checker knows the names that have schemas, and every name where one schema is for all', async () => {
  const byName = compileCatalog(await loadCatalog(`${folder}folder/schema`), { unknownEvent: 'accept' });
  expect(['signed_up', 'order/paid', 'other', '', '_shared'].map(byName.knows)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  const forAll = compileCatalog(await loadCatalog(`${folder}messages/schema.json`), { unknownEvent: 'reject' });
  expect(forAll.knows('other')).toBe(true);
});

test('an event with thousands of problems is told about a thousand of them and how many more there are', async () => {
  const checker = compileCatalog(await loadCatalog(`${folder}messages/schema.json`), { unknownEvent: 'accept' });
  const tags = Array.from({ length: 5_000 }, (_, index) => index);
  const event = { event_id: 'a', occurred_at: '2024-01-31T12:00:00Z', tags };
  const problems = checker.check(event, '');
  expect(problems).toHaveLength(1_001);
  expect(problems?.at(-1)).toEqual({ pointer: '', rule: 'more_problems', message: 'and 4001 more problems' });
  const all = compileCatalog(await loadCatalog(`${folder}messages/schema.json`), {
    unknownEvent: 'accept',
    mostProblems: Number.POSITIVE_INFINITY,
  });
  expect(all.check(event, '')).toHaveLength(5_001);
});

test('checking changes nothing in the event', async () => {
  const checker = compileCatalog(await loadCatalog(`${folder}messages/schema.json`), { unknownEvent: 'accept' });
  const event = { event_id: 'a', occurred_at: '2024-01-31T12:00:00Z', count: '7', extra: [{}] };
  const before = structuredClone(event);
  checker.check(event, '');
  expect(event).toEqual(before);
});

describe('real schemas', () => {
  test.skipIf(!existsSync(sharedData('cdevents')))('all 48 CDEvents are valid', async () => {
    const conformance = sharedData('cdevents/conformance');
    const examples = readdirSync(conformance).filter((name) => name.endsWith('.json'));
    for (const example of examples) {
      const schema = sharedData(`cdevents/schemas/${example.replaceAll('_', '')}`);
      const checker = compileCatalog(await loadCatalog(schema), { unknownEvent: 'accept' });
      const event = readJson(`${conformance}/${example}`);
      expect({ example, problems: checker.check(event, '') }).toEqual({ example, problems: undefined });
      expect(checker.check({ ...event, context: 1 }, '')).not.toBeUndefined();
    }
    expect(examples).toHaveLength(48);
  });

  test.skipIf(!existsSync(sharedData('octokit')))('of the webhooks of check runs two are invalid', async () => {
    const invalid = [];
    for (const event of ['check_run', 'ping']) {
      for (const { example, schema } of webhooks(event)) {
        const checker = compileCatalog(await loadCatalog(schema), { unknownEvent: 'accept' });
        const problems = checker.check(readJson(example), '');
        if (problems !== undefined)
          invalid.push(new Set(problems.map(({ rule, schemaPath }) => `${rule} ${schemaPath}`)));
      }
    }
    const rules = ['created_at', 'updated_at'].map(
      (name) => `format ../common/app.schema.json#/properties/${name}/format`,
    );
    expect(invalid).toEqual([new Set(rules), new Set(rules)]);
  });
});

function webhooks(event: string): { readonly example: string; readonly schema: string }[] {
  const examples = sharedData(`octokit/payload-examples/${event}`);
  const schemas = sharedData(`octokit/payload-schemas/${event}`);
  return readdirSync(examples).map((name) => {
    const example = `${examples}/${name}`;
    const byAction = `${schemas}/${readJson(example).action}.schema.json`;
    return { example, schema: existsSync(byAction) ? byAction : `${schemas}/event.schema.json` };
  });
}

function schemaIn(path: string): string {
  return existsSync(`${path}/schema`) ? `${path}/schema` : `${path}/schema.json`;
}

function readJson(path: string) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
