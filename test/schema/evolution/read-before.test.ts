import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadCatalogAt } from '../../../src/schema/evolution/read-before.js';

let repository = '';

beforeAll(async () => {
  repository = await mkdtemp(join(tmpdir(), 'respool-repository-'));
  git('init', '-q', '-b', 'main');
  await mkdir(join(repository, 'api', 'schemas', 'events'), { recursive: true });
  await commit('integer');
  await commit('string');
});

afterAll(() => rm(repository, { recursive: true, force: true }));

test('a git ref gives the catalog of that commit, also when the file is gone since', async () => {
  expect(typeOfX(await loadCatalogAt('HEAD~1', join(repository, 'api/schemas')))).toBe('integer');
  expect(typeOfX(await loadCatalogAt('main', join(repository, 'api/schemas')))).toBe('string');
  await rm(join(repository, 'api'), { recursive: true });
  expect(typeOfX(await loadCatalogAt('HEAD', join(repository, 'api/schemas/events/a.schema.json')))).toBe('string');
  git('checkout', '-q', '--', '.');
});

test('a folder is read as it is', async () => {
  const schemas = join(repository, 'api/schemas');
  expect(typeOfX(await loadCatalogAt(schemas, 'elsewhere'))).toBe('string');
});

test.each([
  ['nowhere', 'api/schemas', 'there is no folder, file or git ref nowhere'],
  ['--all', 'api/schemas', 'there is no folder, file or git ref --all'],
  ['HEAD', 'api/other', 'api/other is not in HEAD'],
])('%s for %s is refused', async (ref, path, message) => {
  await expect(loadCatalogAt(ref, join(repository, path))).rejects.toMatchObject({
    code: 'bad_before',
    message,
    hint: expect.stringContaining('git ref'),
  });
});

function typeOfX({ files }: Awaited<ReturnType<typeof loadCatalogAt>>): unknown {
  const schema = files[0]?.schema as { readonly properties: { readonly x: { readonly type: unknown } } }; // as written
  return schema.properties.x.type;
}

async function commit(type: string): Promise<void> {
  const schema = { type: 'object', properties: { x: { type } } };
  await writeFile(join(repository, 'api/schemas/events/a.schema.json'), JSON.stringify(schema));
  git('add', '-A');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-q', '-m', type);
}

function git(...args: readonly string[]): void {
  execFileSync('git', args, { cwd: repository });
}
