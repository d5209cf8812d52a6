import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** The packages that a module loads, with all modules that it imports. */
function packagesOf(path: string, seen = new Set<string>(), packages = new Set<string>()): Set<string> {
  if (seen.has(path)) return packages;
  seen.add(path);
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(/^(?:import|export)\b[^;]*?from '([^']+)';/gmu)) {
    if (name.startsWith('.')) packagesOf(join(dirname(path), name), seen, packages);
    else if (!name.startsWith('node:')) packages.add(name);
  }
  return packages;
}

test('no command loads a library before it is run, so that help comes at once', () => {
  const registry = join(dist, 'commands/registry.js');
  const commands = [...readFileSync(registry, 'utf8').matchAll(/import\('([^']+)'\)/gu)].map(([, name = '']) => name);

  expect(commands.length).toBeGreaterThan(5);
  for (const name of commands) {
    const packages = [...packagesOf(join(dist, 'commands', name))].filter((each) => each !== 'fastest-levenshtein');
    expect({ name, packages }).toEqual({ name, packages: [] });
  }
});
