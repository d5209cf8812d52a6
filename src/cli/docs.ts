import type { Command } from '../commands/command.js';
import { descriptionOf, exitCodeMeanings } from './help.js';
import { argumentOf, flagsOf, optionGroups, summaryOf, usageOf } from './words.js';

/** The text of docs/cli.md: the same words as the help, as Markdown. */
export function renderCliDocs(commands: readonly Command[]): string {
  const contents = commands.map(
    ({ name, summary }) => `- [\`respool ${name}\`](#respool-${name.replaceAll(' ', '-')}): ${summary}`,
  );
  const sections = [
    '# The command line',
    'Made from the definitions of the commands: `npx vitest run test/cli/docs.test.ts -u` writes it anew.',
    contents.join('\n'),
    '## Exit codes',
    table(['code', 'meaning'], exitCodeMeanings),
    ...commands.flatMap(commandSections),
  ];
  return `${sections.join('\n\n')}\n`;
}

function commandSections(command: Command): string[] {
  const rowsOf = command.arguments.map((argument) => [code(argumentOf(argument)), argument.summary] as const);
  return [
    `## respool ${command.name}`,
    fenced(usageOf(command)),
    descriptionOf(command),
    ...(rowsOf.length === 0 ? [] : [table(['argument', 'what it is'], rowsOf)]),
    ...[...optionGroups(command)].flatMap(([group, options]) => [
      `### ${group}`,
      table(
        ['option', 'what it does'],
        options.map((option) => [code(flagsOf(option.description)), summaryOf(option)] as const),
      ),
    ]),
    '### Examples',
    fenced(command.examples.map(({ command: line, explains }) => `# ${explains}\nrespool ${line}`).join('\n\n')),
  ];
}

function table(head: readonly [string, string], rows: readonly (readonly [string, string])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), '|---|---|', ...rows.map(line)].join('\n');
}

function fenced(text: string): string {
  return `\`\`\`sh\n${text}\n\`\`\``;
}

function code(text: string): string {
  return `\`${text}\``;
}
