import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { unwrapAll } from './preparing.js';

const root = new URL('../../../fixtures/envelopes/', import.meta.url);

for (const name of readdirSync(root)) {
  test(`envelopes of fixtures/envelopes/${name} come out as written down`, async () => {
    const outcome = await unwrapAll(readFileSync(new URL(`${name}/input.ndjson`, root), 'utf8'));
    const path = new URL(`${name}/expected.json`, root);
    if (process.env.RESPOOL_WRITE_FIXTURES) writeFileSync(path, `${JSON.stringify(outcome, undefined, 2)}\n`);
    expect(outcome).toEqual(JSON.parse(readFileSync(path, 'utf8')));
  });
}
