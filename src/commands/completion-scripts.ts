import type { Command } from './command.js';
import type { OptionDescription } from './option.js';

/** The shells that can be completed in. */
export type Shell = 'bash' | 'zsh' | 'fish';

/** A script that completes commands, flags, and the values of flags that take one of a few, or a path. */
export function renderCompletion(shell: Shell, commands: readonly Command[]): string {
  return renderers[shell](families(commands));
}

/** Commands of two words as one with the second word for an argument, and the flags of all. */
function families(commands: readonly Command[]): readonly Command[] {
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name))];
  return firsts.flatMap((name): readonly Command[] => {
    const family = commands.filter((command) => command.name.split(' ')[0] === name);
    const [head] = family;
    if (head === undefined || (family.length === 1 && head.name === name)) return family;
    const words = family.flatMap((command) => command.name.split(' ')[1] ?? []);
    const second = { name: 'command', summary: words.join(', '), isRequired: false, isVariadic: false, choices: words };
    const options = Object.assign({}, ...family.map((command) => command.options));
    return [{ ...head, name, arguments: [second], options }];
  });
}

const renderers = { bash: renderBash, zsh: renderZsh, fish: renderFish } satisfies Record<
  Shell,
  (commands: readonly Command[]) => string
>;

function renderBash(commands: readonly Command[]): string {
  return `_respool() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${[...namesOf(commands), '--help', '--version'].join(' ')}' -- "$cur"))
    return
  fi
  case "\${COMP_WORDS[1]} $prev" in
${commands.flatMap(bashValues).join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${commands.map(bashCommand).join('\n')}
  esac
}
complete -o default -F _respool respool
`;
}

function bashValues(command: Command): string[] {
  return describe(command).flatMap(({ flag, choices, completes, value }) => {
    const pattern = `    '${command.name} ${flag}')`;
    if (choices !== undefined)
      return [`${pattern} COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$cur")); return ;;`];
    if (completes !== undefined) {
      return [`${pattern} COMPREPLY=($(compgen ${completes === 'file' ? '-f' : '-d'} -- "$cur")); return ;;`];
    }
    return value === undefined ? [] : [`${pattern} return ;;`];
  });
}

function bashCommand(command: Command): string {
  const choices = command.arguments.flatMap((argument) => argument.choices ?? []);
  const flags = [...describe(command).map(({ flag }) => flag), '--help'];
  const words = choices.length > 0 ? `'${choices.join(' ')}'` : "''";
  return `    ${command.name})
      case "$cur" in
        -*) COMPREPLY=($(compgen -W '${flags.join(' ')}' -- "$cur")) ;;
        *) COMPREPLY=($(compgen -W ${words} -- "$cur")) ;;
      esac ;;`;
}

function renderZsh(commands: readonly Command[]): string {
  const names = commands.map(({ name, summary }) => `    '${name}:${zshText(summary)}'`);
  return `#compdef respool
_respool() {
  local -a commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case $words[2] in
${commands.map(zshCommand).join('\n')}
  esac
}
if [ "$funcstack[1]" = _respool ]; then _respool "$@"; else compdef _respool respool; fi
`;
}

function zshCommand(command: Command): string {
  const options = Object.values(command.options).map(({ description, isRepeatable }) => {
    const { flag, summary, value } = description;
    return `'${isRepeatable ? '*' : ''}${flag}[${zshText(summary)}]${value === undefined ? '' : zshValue(description)}'`;
  });
  const choices = command.arguments.flatMap((argument) => argument.choices ?? []);
  const rest = choices.length > 0 ? `'*:argument:(${choices.join(' ')})'` : "'*:file:_files'";
  return `    ${command.name})
      shift words; (( CURRENT-- ))
      _arguments \\
        ${[...options, "'--help[show help]'", rest].join(' \\\n        ')} ;;`;
}

function zshValue({ value, choices, completes }: OptionDescription): string {
  if (choices !== undefined) return `:value:(${choices.join(' ')})`;
  if (completes !== undefined) return completes === 'file' ? ':file:_files' : ':folder:_files -/';
  return `:${zshText(value ?? 'value')}:`;
}

function zshText(text: string): string {
  return text.replace(/'/g, "'\\''").replace(/[[\]:]/g, '\\$&');
}

function renderFish(commands: readonly Command[]): string {
  const lines = commands.flatMap((command) => [
    `complete -c respool -n __fish_use_subcommand -f -a ${command.name} -d ${fishText(command.summary)}`,
    ...command.arguments.flatMap(({ choices }) =>
      choices === undefined ? [] : [`${fishScope(command)} -f -a ${fishText(choices.join(' '))}`],
    ),
    ...describe(command).map((option) => `${fishScope(command)} ${fishOption(option)}`),
  ]);
  return `${lines.join('\n')}\n`;
}

function fishScope(command: Command): string {
  return `complete -c respool -n '__fish_seen_subcommand_from ${command.name}'`;
}

function fishOption({ flag, short, summary, value, choices, completes }: OptionDescription): string {
  const letter = short === undefined ? '' : `-s ${short.slice(1)} `;
  const values =
    choices !== undefined ? ` -x -a ${fishText(choices.join(' '))}` : completes !== undefined ? ' -r' : ' -x';
  return `${letter}-l ${flag.slice(2)}${value === undefined ? '' : values} -d ${fishText(summary)}`;
}

function fishText(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`;
}

function namesOf(commands: readonly Command[]): string[] {
  return commands.map(({ name }) => name);
}

function describe(command: Command): OptionDescription[] {
  return Object.values(command.options).map(({ description }) => description);
}
