import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadCatalog } from '../../src/schema/catalog.js';
import { cellTypes } from '../../src/schema/cell-types.js';

const folder = fileURLToPath(new URL('../../fixtures/schemas/', import.meta.url));

test('columns take their types from the schema for all events, through references and alternatives', async () => {
  const expected = JSON.parse(readFileSync(`${folder}cell-types/cell-types.json`, 'utf8'));
  expect(cellTypes(await loadCatalog(`${folder}cell-types/schema`))).toEqual(expected);
});

test('files that refer to one another in a circle have types, too', async () => {
  expect(cellTypes(await loadCatalog(`${folder}checks/circular-files/schema.json`))).toEqual({
    b: { kind: 'text', nullable: false },
    v: { kind: 'text', nullable: false },
  });
});

test('without a schema for all events no column has a type', async () => {
  expect(cellTypes(await loadCatalog(`${folder}checks/versions/schema`))).toEqual({});
});
