import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/validate.md'), 'utf8');
const [, step = ''] = /^- run: (.*)$/mu.exec(page) ?? [];
const [, entry = ''] = /^ *entry: (.*)$/mu.exec(page) ?? [];

test('the step and the hook of docs/validate.md let good fixtures pass and stop bad ones', async () => {
  await using folder = await folderWith({ 'fixtures.json': '' });
  const repository = join(folder.path, 'repository');
  for (const name of ['bin', 'repository/fixtures', 'repository/schemas']) {
    await mkdir(join(folder.path, name), { recursive: true });
  }
  await symlink(join(root, 'bin/respool.js'), join(folder.path, 'bin/respool'));
  await script(join(folder.path, 'bin/npx'), 'exec "$@"');
  await writeFile(join(repository, 'schemas/envelope.schema.json'), '{"required":["id"]}');
  await writeFile(join(repository, 'fixtures/a.json'), '{"id":1}');
  const env = { ...process.env, PATH: `${join(folder.path, 'bin')}:${process.env.PATH}` };
  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, { cwd: repository, env, encoding: 'utf8' });
  const commit = () =>
    run('git', '-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-q', '-a', '-m', 'x').status;
  run('git', 'init', '-q');
  await script(join(repository, '.git/hooks/pre-commit'), entry);
  run('git', 'add', '.');
  const good = [commit(), run('sh', '-c', step).status];
  await writeFile(join(repository, 'fixtures/a.json'), '{}');
  const bad = run('sh', '-c', step);

  expect(good).toEqual([0, 0]);
  expect([commit(), bad.status]).toEqual([1, 1]);
  expect(bad.stdout).toContain('::error file=fixtures/a.json,line=1');
});

async function script(path: string, command: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${command}\n`);
  await chmod(path, 0o755);
}
