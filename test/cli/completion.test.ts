import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith, respool } from '../support/cli.js';

function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'true']).status === 0;
}

const BASH = `source ./script; words=($1); [[ $1 == *" " ]] && words+=(""); COMP_WORDS=("\${words[@]}"); COMP_CWORD=$((\${#words[@]} - 1))
  _respool; printf '%s\\n' "\${COMPREPLY[@]}"`;
const FISH = 'source ./script; complete -C $argv[1]';
/** zsh completes on a terminal alone: what comes onto it is what was typed, and what is offered or written behind it. */
const ZSH = `zmodload zsh/zpty
  zpty -b asked zsh -f -i
  zpty -w asked "PS1=; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; stty columns 100; bindkey '^I' complete-word; print READ''Y"
  until [[ $text == *READY* ]]; do zpty -r -t asked part && text+=$part || sleep 0.05; done
  text=; zpty -w -n asked "$1"$'\t\t'
  for ((i = 0; i < 20 + 80 * \${#2}; i++)); do
    while zpty -r -t asked part; do text+=$part; done
    [[ -n $2 && $text == *$2* ]] && break
    sleep 0.1
  done
  print -r -- "$text"; zpty -d asked`;

const SHELLS = [
  ['bash', ['-c', BASH, 'bash']],
  ['fish', ['--no-config', '-c', FISH]],
  ['zsh', ['-f', '-c', ZSH, 'zsh']],
] as const;

test.each(SHELLS.filter(([shell]) => has(shell)))(
  '%s completes commands, their second words, flags, values of flags, and files',
  async (shell, how) => {
    await using folder = await folderWith({ 'dump.ndjson': '', 'rules.yaml': '' });
    const script = (await respool(['completion', shell])).stdout;
    await writeFile(join(folder.path, shell === 'zsh' ? '_respool' : 'script'), script);
    const complete = (line: string, wanted = '') => {
      const { stdout, stderr } = spawnSync(shell, [...how, line, wanted], { cwd: folder.path, encoding: 'utf8' });
      expect(stderr).toBe('');
      return stdout;
    };
    const offers = (line: string, wanted: string) => expect(complete(line, wanted), line).toContain(wanted);

    offers('respool repl', 'replay');
    offers('respool repair ', 'test');
    // bash has them from `-o default`, which only its own line editor asks.
    if (shell !== 'bash') offers('respool repair test ru', 'rules.yaml');
    offers('respool backfill d', 'drop');
    offers('respool backfill d', 'dump.ndjson');
    offers('respool replay --max-re', '--max-rejected');
    offers('respool replay --format n', 'ndjson');
    offers('respool backfill dump.ndjson --meth', '--method');
    offers('respool diff backfill status --by', '--by-content');
    offers('respool runs s', 'show');
    offers('respool completion z', 'zsh');
    expect(complete('respool backfill status d')).not.toContain('drop');
    expect(complete('respool backfill status 1 --meth')).not.toContain('--method');
  },
);

test.each(['zsh', 'fish'])('the %s script names every command and flag', async (shell) => {
  const { status, stdout } = await respool(['completion', shell]);

  expect(status).toBe(0);
  for (const word of ['replay', 'completion', 'max-rejected', 'ndjson']) expect(stdout).toContain(word);
});
