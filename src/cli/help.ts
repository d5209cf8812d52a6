import type { Command } from '../commands/command.js';
import type { Style } from '../report/output.js';
import { createPage } from './page.js';
import { argumentOf, flagsOf, optionGroups, summaryOf, usageOf } from './words.js';

/** What each exit code says, for help and docs. */
export const exitCodeMeanings: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done and clean'],
  ['1', 'done, with findings: invalid, rejected or quarantined events, differences'],
  ['2', 'could not evaluate or finish, and running it again will not cure it'],
  ['3', 'wrong usage or configuration'],
  ['4', 'incomplete: run the same command again'],
  ['130, 143', 'interrupted; the same command resumes'],
];

/** What the first lines of help say. */
export interface About {
  readonly version: string;
  readonly description: string;
}

/** What `respool --help` prints. */
export function renderHelp(commands: readonly Command[], about: About, style: Style): string {
  const page = createPage(style);
  page.heading(`respool ${about.version}`);
  page.paragraph(about.description);
  page.paragraph('Usage: respool <command> [options]');
  page.heading('Commands');
  page.rows(commands.map(({ name, summary }) => [name, summary]));
  page.heading('Options');
  page.rows([
    ['-h, --help', 'this page; behind a command, the page of the command'],
    ['--version', 'the version'],
  ]);
  page.heading('Exit codes');
  page.rows(exitCodeMeanings);
  return page.end();
}

/** What `respool <command> --help` prints. */
export function renderCommandHelp(command: Command, style: Style): string {
  const page = createPage(style);
  page.paragraph(`Usage: ${usageOf(command)}`);
  page.paragraph(descriptionOf(command));
  page.heading('Arguments');
  const lefts = Object.values(command.options).map(({ description }) => flagsOf(description).length);
  const leftWidth = lefts.length === 0 ? undefined : Math.max(...lefts);
  page.rows(
    command.arguments.map((argument) => [argumentOf(argument), argument.summary]),
    leftWidth,
  );
  for (const [group, options] of optionGroups(command)) {
    page.heading(group);
    page.rows(
      options.map((option) => [flagsOf(option.description), summaryOf(option)]),
      leftWidth,
    );
  }
  page.heading('Examples');
  for (const { command: code, explains } of command.examples) page.example(`respool ${code}`, explains);
  return page.end();
}

/** The command's description, or its summary as a sentence. */
export function descriptionOf({ description, summary }: Command): string {
  return description ?? `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
