import type { Command } from './command.js';
import type { OptionDescription } from './option.js';

/** The shells that can be completed in. */
export type Shell = 'bash' | 'zsh' | 'fish';

/** A script that completes commands, flags, and the values of flags that take one of a few, or a path. */
export function renderCompletion(shell: Shell, commands: readonly Command[]): string {
  return renderers[shell](familiesOf(commands));
}

/** Commands that share their first word. */
interface Family {
  readonly name: string;
  readonly summary: string;
  /** The command of one word, if there is one. */
  readonly head: Command | undefined;
  /** The second words of the others. */
  readonly words: readonly string[];
  readonly commands: readonly Command[];
}

function familiesOf(commands: readonly Command[]): readonly Family[] {
  const names = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name))];
  return names.map((name) => {
    const family = commands.filter((command) => command.name.split(' ')[0] === name);
    const head = family.find((command) => command.name === name);
    const words = family.flatMap((command) => command.name.split(' ')[1] ?? []);
    return { name, summary: (head ?? family[0])?.summary ?? '', head, words, commands: family };
  });
}

/** The commands of two words, quoted. */
function pairsOf(families: readonly Family[]): readonly string[] {
  return families.flatMap(({ name, words }) => words.map((word) => `'${name} ${word}'`));
}

function takesFiles(head: Command | undefined): boolean {
  return head !== undefined && head.arguments.length > 0;
}

function choicesOf(command: Command): readonly string[] {
  return command.arguments.flatMap((argument) => argument.choices ?? []);
}

const renderers = { bash: renderBash, zsh: renderZsh, fish: renderFish } satisfies Record<
  Shell,
  (families: readonly Family[]) => string
>;

function renderBash(families: readonly Family[]): string {
  const commands = families.flatMap((family) => family.commands);
  return `_respool() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} name=\${COMP_WORDS[1]}
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${[...families.map((family) => family.name), '--help', '--version'].join(' ')}' -- "$cur"))
    return
  fi
  if [ "$COMP_CWORD" -gt 2 ]; then
    case "$name \${COMP_WORDS[2]}" in
      ${pairsOf(families).join('|')}) name="$name \${COMP_WORDS[2]}" ;;
    esac
  elif [[ $cur != -* ]]; then
    case "$name" in
${families
  .filter(({ words }) => words.length > 0)
  .map(bashWords)
  .join('\n')}
    esac
  fi
  case "$name $prev" in
${commands.flatMap(bashValues).join('\n')}
  esac
  case "$name" in
${commands.map(bashCommand).join('\n')}
  esac
}
complete -o default -F _respool respool
`;
}

/** Second words, and the files that the first one may be about. */
function bashWords({ name, head, words }: Family): string {
  const files = takesFiles(head) ? ' $(compgen -f -- "$cur")' : '';
  return `      ${name}) COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur")${files}); return ;;`;
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
  const choices = choicesOf(command);
  const flags = [...describe(command).map(({ flag }) => flag), '--help'];
  const words = choices.length > 0 ? `'${choices.join(' ')}'` : "''";
  return `    '${command.name}')
      case "$cur" in
        -*) COMPREPLY=($(compgen -W '${flags.join(' ')}' -- "$cur")) ;;
        *) COMPREPLY=($(compgen -W ${words} -- "$cur")) ;;
      esac ;;`;
}

function renderZsh(families: readonly Family[]): string {
  const names = families.map(({ name, summary }) => `    '${name}:${zshText(summary)}'`);
  return `#compdef respool
_respool() {
  local -a commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local name=$words[2]
  if (( CURRENT > 3 )); then
    case "$name $words[3]" in
      ${pairsOf(families).join('|')}) name="$name $words[3]"; shift words; (( CURRENT-- )) ;;
    esac
  fi
  shift words; (( CURRENT-- ))
  case $name in
${families.flatMap(zshFamily).join('\n')}
  esac
}
if [ "$funcstack[1]" = _respool ]; then _respool "$@"; else compdef _respool respool; fi
`;
}

function zshFamily({ name, head, words, commands }: Family): readonly string[] {
  const others = commands.filter((command) => command !== head).map((command) => zshCommand(command, []));
  if (head === undefined) return [`    ${name}) _arguments '1:command:(${words.join(' ')})' ;;`, ...others];
  const choices = `"commands:command:(${words.join(' ')})"${takesFiles(head) ? ' "files:file:_files"' : ''}`;
  return [zshCommand(head, words.length === 0 ? [] : [`'1: :{_alternative ${choices}}'`]), ...others];
}

function zshCommand(command: Command, first: readonly string[]): string {
  const options = Object.values(command.options).map(({ description, isRepeatable }) => {
    const { flag, summary, value } = description;
    return `'${isRepeatable ? '*' : ''}${flag}[${zshText(summary)}]${value === undefined ? '' : zshValue(description)}'`;
  });
  const choices = choicesOf(command);
  const rest = choices.length > 0 ? `'*:argument:(${choices.join(' ')})'` : "'*:file:_files'";
  return `    '${command.name}')
      _arguments \\
        ${[...options, "'--help[show help]'", ...first, rest].join(' \\\n        ')} ;;`;
}

function zshValue({ value, choices, completes }: OptionDescription): string {
  if (choices !== undefined) return `:value:(${choices.join(' ')})`;
  if (completes !== undefined) return completes === 'file' ? ':file:_files' : ':folder:_files -/';
  return `:${zshText(value ?? 'value')}:`;
}

function zshText(text: string): string {
  return text.replace(/'/g, "'\\''").replace(/[[\]:]/g, '\\$&');
}

function renderFish(families: readonly Family[]): string {
  const lines = families.flatMap(({ name, summary, head, words, commands }) => [
    `complete -c respool -n 'test (count (commandline -opc)) -eq 1' -f -a ${name} -d ${fishText(summary)}`,
    ...(words.length === 0 ? [] : [fishWords({ name, head, words })]),
    ...commands.flatMap(fishCommand),
  ]);
  return `# The command that is being written: of two words where the second one belongs to the first.
function __respool_in
  set -l words (commandline -opc)
  set -l name $words[2]
  if contains -- "$words[2] $words[3]" ${pairsOf(families).join(' ')}
    set name "$words[2] $words[3]"
  end
  test "$name" = "$argv"
end
${lines.join('\n')}
`;
}

/** Second words, and the files that the first one may be about. */
function fishWords({ name, head, words }: Pick<Family, 'name' | 'head' | 'words'>): string {
  const scope = `complete -c respool -n '__respool_in ${name}; and test (count (commandline -opc)) -eq 2'`;
  return `${scope}${takesFiles(head) ? '' : ' -f'} -a ${fishText(words.join(' '))}`;
}

function fishCommand(command: Command): readonly string[] {
  const scope = `complete -c respool -n '__respool_in ${command.name}'`;
  const choices = choicesOf(command);
  return [
    ...(choices.length === 0 ? [] : [`${scope} -f -a ${fishText(choices.join(' '))}`]),
    ...describe(command).map((option) => `${scope} ${fishOption(option)}`),
  ];
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

function describe(command: Command): OptionDescription[] {
  return Object.values(command.options).map(({ description }) => description);
}
