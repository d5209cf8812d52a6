import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The packages that a module loads, with all modules that it imports. */
function packagesOf(path: string, seen = new Set<string>(), packages = new Set<string>()): Set<string> {
  if (seen.has(path)) return packages;
  seen.add(path);
  const imports = /^(?:import|export)\b(?! type\b)[^;]*?from '([^']+)';/gmu;
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(imports)) {
    if (name.startsWith('.')) packagesOf(join(dirname(path), name.replace(/js$/u, 'ts')), seen, packages);
    else if (!name.startsWith('node:')) packages.add(name);
  }
  return packages;
}

test('no command loads a library before it is run, so that help comes at once', () => {
  const registry = readFileSync(join(root, 'src/commands/registry.ts'), 'utf8');
  const commands = [...registry.matchAll(/import\('\.\/([^']+)\.js'\)/gu)].map(([, name = '']) => name);

  expect(commands.length).toBeGreaterThan(5);
  for (const name of commands) {
    const packages = [...packagesOf(join(root, 'src/commands', `${name}.ts`))];
    expect({ name, packages }).toEqual({ name, packages: [] });
  }
});

/** The files of `dist/` that a run of the command line loads. */
function loadedBy(words: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'respool-start-'));
  try {
    const log = join(folder, 'loaded');
    const preload = join(folder, 'preload.cjs');
    writeFileSync(
      preload,
      `process.on('exit', () =>
        require('node:fs').writeFileSync(${JSON.stringify(log)}, Object.keys(require.cache).join('\\n')));`,
    );
    const bin = join(root, 'bin/respool.js');
    const { stdout } = spawnSync(process.execPath, ['--require', preload, bin, ...words], { encoding: 'utf8' });
    expect(stdout).not.toBe('');
    const loaded = readFileSync(log, 'utf8').split('\n');
    return loaded.filter((path) => path.startsWith(join(root, 'dist')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test.each([
  ['validate', ['validate', 'fixtures/demo/harbour.ndjson', '--schema', 'fixtures/demo/schema', '--max-invalid', '9']],
  ['replay', ['replay', 'fixtures/demo/harbour.ndjson', '--dry-run', '--to', 'file:-']],
  ['--version', ['--version']],
])('the start of %s reads a few files, not a file for each module', (_, words) => {
  const files = loadedBy(words);

  expect(files.length).toBeGreaterThan(1);
  expect(files.length).toBeLessThan(40);
});

test('every file that others load can be loaded first: none needs what another has not made yet', () => {
  const load = `const { readdirSync } = require('node:fs');
    const chunks = ${JSON.stringify(join(root, 'dist/chunks'))};
    const files = readdirSync(chunks).filter((name) => name.endsWith('.cjs'));
    for (const file of files) {
      for (const path of Object.keys(require.cache)) if (path.startsWith(chunks)) delete require.cache[path];
      require(chunks + '/' + file);
    }
    console.log(files.length > 20);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', load], { encoding: 'utf8' });

  expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' });
});

test('what is needed for larger files, or when something is wrong, is not loaded for a valid event', () => {
  const folder = mkdtempSync(join(tmpdir(), 'respool-start-'));
  try {
    const [event, schema] = [join(folder, 'event.json'), join(folder, 'schema.json')];
    writeFileSync(schema, '{"type":"object","properties":{"tons":{"type":"number"}}}');
    writeFileSync(event, '{"tons":1}');
    const later = /(?:reading|seldom|more-options)-/u;

    expect(loadedBy(['validate', event, '--schema', schema]).filter((path) => later.test(path))).toEqual([]);
    writeFileSync(event, '{"tons":"1"}');
    expect(loadedBy(['validate', event, '--schema', schema]).some((path) => later.test(path))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
