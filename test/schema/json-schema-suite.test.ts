import { describe, expect, test } from 'vitest';
import { DRAFTS, isSuiteThere, runSuite } from './json-schema-suite.js';

// What respool itself does to schemas before ajv sees them; the whole suite is run by test/chaos.
const REFERENCES = [
  'ref.json',
  'refRemote.json',
  'dynamicRef.json',
  'recursiveRef.json',
  'anchor.json',
  'id.json',
  'unknownKeyword.json',
  'vocabulary.json',
];

describe.skipIf(!isSuiteThere())('JSON-Schema-Test-Suite: references and ids', () => {
  test.each(Object.keys(DRAFTS))('%s agrees, except in the groups that are listed', async (draft) => {
    const { tests, wrong, mended } = await runSuite(draft, REFERENCES);

    expect(tests).toBeGreaterThan(50);
    expect(wrong).toEqual([]);
    expect(mended).toEqual([]);
  });
});
