import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, respool } from '../support/cli.js';

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0;
}

test.skipIf(!has('bash'))('bash completes commands, flags and the values of flags', async () => {
  await using folder = await folderWith();
  const script = join(folder.path, 'respool.bash');
  await writeFile(script, (await respool(['completion', 'bash'])).stdout);
  const complete = (...words: string[]) => {
    const ask = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _respool; echo "\${COMPREPLY[@]}"`;
    return spawnSync('bash', ['-c', ask, script, 'respool', ...words], { encoding: 'utf8' }).stdout.trim();
  };

  expect(complete('repl')).toBe('replay');
  expect(complete('repair', 't')).toBe('test');
  expect(complete('replay', '--max-re')).toBe('--max-rejected');
  expect(complete('replay', '--format', 'n')).toBe('ndjson');
  expect(complete('completion', 'z')).toBe('zsh');
});

test.each(['zsh', 'fish'])('the %s script names every command and flag', async (shell) => {
  const { status, stdout } = await respool(['completion', shell]);

  expect(status).toBe(0);
  for (const word of ['replay', 'completion', 'max-rejected', 'ndjson']) expect(stdout).toContain(word);
  if (has(shell)) {
    const { stderr } = spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' });
    expect(stderr).toBe('');
  }
});
