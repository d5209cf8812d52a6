import type { Command as Commander, CommanderError } from 'commander';
import type { Command } from '../commands/command.js';
import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import { counted } from '../report/text.js';
import { flagsOf } from './words.js';

/** What was typed behind a command's name. */
export interface Typed {
  readonly args: readonly string[];
  /** Texts by long flag, in order; a switch has the text `true`. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
}

/**
 * Takes the words behind a command's name apart.
 * @throws UsageError for unknown flags, missing values, and missing or surplus arguments.
 */
export async function parseWords(command: Command, words: readonly string[]): Promise<Typed> {
  const texts = new Map<string, string[]>();
  const commander = await commanderOf(command, texts);
  try {
    commander.parse(words, { from: 'user' });
  } catch (error) {
    throw isCommanderError(error) ? usageError(error, command) : error;
  }
  checkValues(texts, command);
  checkChoices(commander.args, command);
  return { args: commander.args, texts };
}

async function commanderOf(command: Command, texts: Map<string, string[]>): Promise<Commander> {
  const { Command: Program, Option: ProgramOption } = await import('commander');
  const program = new Program(command.name)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .showSuggestionAfterError(false)
    .allowExcessArguments(false)
    .helpOption(false)
    .helpCommand(false);
  for (const { name, isRequired, isVariadic } of command.arguments) {
    const dots = isVariadic ? '...' : '';
    program.argument(isRequired ? `<${name}${dots}>` : `[${name}${dots}]`);
  }
  for (const { description } of Object.values(command.options)) {
    const option = new ProgramOption(flagsOf(description));
    program.addOption(option);
    program.on(`option:${option.name()}`, (text: string | null) => {
      texts.set(description.flag, [...(texts.get(description.flag) ?? []), text ?? 'true']);
    });
  }
  return program;
}

function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

function usageError(error: CommanderError, command: Command): UsageError {
  const [, subject = ''] = /'([^']*)'/.exec(error.message) ?? [];
  const help = `respool ${command.name} --help lists all options`;
  switch (error.code) {
    case 'commander.unknownOption':
      return unknownOption(subject, command);
    case 'commander.missingArgument':
      return new UsageError(`respool ${command.name} needs ${aOrAn(subject)}`, {
        code: 'missing_argument',
        hint: exampleOf(command) ?? help,
      });
    case 'commander.optionMissingArgument':
      return missingValue(subject.replace(/^-\w, | <.*$/g, ''), help);
    case 'commander.excessArguments':
      return new UsageError(
        `respool ${command.name} takes ${counted(command.arguments.length, 'argument')}, not more`,
        {
          code: 'surplus_argument',
          hint: help,
        },
      );
    default:
      return new UsageError(error.message.replace(/^error: /, ''), { code: 'usage', hint: help, cause: error });
  }
}

function unknownOption(typed: string, command: Command): UsageError {
  const flags = Object.values(command.options).map(({ description }) => description.flag);
  const meant = closest(typed.split('=')[0] ?? typed, [...flags, '--help']);
  return new UsageError(`respool ${command.name} has no option ${typed}`, {
    code: 'unknown_option',
    hint: meant === undefined ? `respool ${command.name} --help lists all options` : `did you mean ${meant}?`,
  });
}

function missingValue(flag: string, hint: string): UsageError {
  return new UsageError(`${flag} needs a value`, { code: 'missing_value', hint });
}

/** `--to --dry-run` is a forgotten value, not a sink named `--dry-run`. */
function checkValues(texts: ReadonlyMap<string, readonly string[]>, command: Command): void {
  const flags = new Set(Object.values(command.options).map(({ description }) => description.flag));
  for (const [flag, values] of texts) {
    if (values.some((value) => flags.has(value)))
      throw missingValue(flag, `a value that begins with -- is given as ${flag}=--value`);
  }
}

function checkChoices(args: readonly string[], command: Command): void {
  for (const [index, { name, choices }] of command.arguments.entries()) {
    const typed = args[index];
    if (typed === undefined || choices === undefined || choices.includes(typed)) continue;
    const meant = closest(typed, choices);
    throw new UsageError(`${name} is one of ${choices.join(', ')}, not ${JSON.stringify(typed)}`, {
      code: 'invalid_argument',
      ...(meant !== undefined && { hint: `did you mean ${meant}?` }),
    });
  }
}

function exampleOf(command: Command): string | undefined {
  const example = command.examples[0];
  return example && `for example: respool ${example.command}`;
}

function aOrAn(noun: string): string {
  return /^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`;
}
