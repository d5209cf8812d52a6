import type { ParseArgsConfig } from 'node:util';
import type { Argument, Command } from '../commands/command.js';
import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import { counted } from '../report/text.js';

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
export function parseWords(command: Command, words: readonly string[]): Typed {
  const { parseArgs } = process.getBuiltinModule('node:util');
  const options = Object.fromEntries(Object.values(command.options).map(shapeOf));
  const config = { args: [...words], options, strict: false, allowPositionals: true, tokens: true } as const;
  const texts = new Map<string, string[]>();
  const args: string[] = [];
  for (const token of parseArgs(config).tokens) {
    if (token.kind === 'positional') args.push(token.value);
    if (token.kind !== 'option') continue;
    const known = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    // A switch that is given a value is not that switch.
    const isUnknown = known === undefined || (known.type === 'boolean' && token.value !== undefined);
    if (isUnknown) throw unknownOption(token.rawName, command);
    const flag = `--${token.name}`;
    if (known.type === 'string' && token.value === undefined) throw missingValue(flag, helpOf(command));
    texts.set(flag, [...(texts.get(flag) ?? []), token.value ?? 'true']);
  }
  checkValues(texts, command);
  checkCount(args, command);
  checkChoices(args, command);
  return { args, texts };
}

type Shape = NonNullable<ParseArgsConfig['options']>[string];

function shapeOf({ description: { flag, short, value } }: Command['options'][string]): [string, Shape] {
  const type = value === undefined ? 'boolean' : 'string';
  return [flag.slice(2), { type, ...(short !== undefined && { short: short.slice(1) }) }];
}

function helpOf({ name }: Command): string {
  return `respool ${name} --help lists all options`;
}

function checkCount(args: readonly string[], command: Command): void {
  const { name, arguments: expected } = command;
  const missing = expected.slice(args.length).find(({ isRequired }: Argument) => isRequired);
  if (missing !== undefined) {
    throw new UsageError(`respool ${name} needs ${aOrAn(missing.name)}`, {
      code: 'missing_argument',
      hint: exampleOf(command) ?? helpOf(command),
    });
  }
  if (args.length <= expected.length || expected.at(-1)?.isVariadic === true) return;
  throw new UsageError(`respool ${name} takes ${counted(expected.length, 'argument')}, not more`, {
    code: 'surplus_argument',
    hint: helpOf(command),
  });
}

function unknownOption(typed: string, command: Command): UsageError {
  const flags = Object.values(command.options).map(({ description }) => description.flag);
  const meant = closest(typed, [...flags, '--help']);
  return new UsageError(`respool ${command.name} has no option ${typed}`, {
    code: 'unknown_option',
    hint: meant === undefined ? helpOf(command) : `did you mean ${meant}?`,
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
