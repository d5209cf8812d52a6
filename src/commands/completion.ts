import type { Command } from './command.js';

const shells = ['bash', 'zsh', 'fish'] as const;

/** `respool completion`. */
export const completion: Command = {
  name: 'completion',
  summary: 'print a completion script for your shell',
  arguments: [
    { name: 'shell', summary: 'the shell to complete in', isRequired: true, isVariadic: false, choices: shells },
  ],
  options: {},
  examples: [
    { command: 'completion bash > /etc/bash_completion.d/respool', explains: 'for bash' },
    { command: 'completion zsh > "$fpath[1]/_respool"', explains: 'for zsh' },
    { command: 'completion fish > ~/.config/fish/completions/respool.fish', explains: 'for fish' },
  ],
  run: async ({ args, io }) => {
    const { renderCompletion } = await import('./completion-scripts.js');
    const { loadCommands } = await import('./registry.js');
    const shell = shells.find((candidate) => candidate === args[0]) ?? 'bash';
    io.stdout.write(renderCompletion(shell, await loadCommands()));
    return 0;
  },
};
