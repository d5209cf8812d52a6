import { existsSync } from 'node:fs';
import type { Command, Invocation, Io, Stop } from '../commands/command.js';
import { commandLoaders, loadCommands } from '../commands/registry.js';
import type { FlagShape } from '../config/check.js';
import { type Config, emptyConfig } from '../config/config.js';
import { loadConfig } from '../config/load.js';
import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import type { Style } from '../report/output.js';
import { withoutColors } from './io.js';
import { readOptions } from './options.js';
import { parseWords, type Typed } from './parse.js';
import { readPackage } from './version.js';

/** The world around one call of respool. */
export interface World {
  readonly io: Io;
  readonly stop: Stop;
  /** Told once the configuration is read, so that errors can keep its secrets and go where it wants reports to go. */
  readonly onConfig: (config: Config) => void;
}

/** Does what the words behind `respool` say. Resolves to the exit code. */
export async function runProgram(argv: readonly string[], world: World): Promise<number> {
  const [first] = argv;
  if (first === undefined) return printHelp(world.io, 3);
  if (first === '--version' || first === '-V') return print(world.io, `${readPackage().version}\n`);
  if (first === '--help' || first === '-h' || argv.join() === 'help') return printHelp(world.io, 0);

  const words = first === 'help' ? [...argv.slice(1), '--help'] : argv;
  const { command, rest } = await findCommand(words);
  if (asksForHelp(rest)) return printCommandHelp(command, world.io);
  return runCommand(command, rest, { ...world, argv });
}

async function findCommand(words: readonly string[]): Promise<{ command: Command; rest: readonly string[] }> {
  const [first = '', second] = words;
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(' ');
    const load = Object.hasOwn(commandLoaders, name) ? commandLoaders[name] : undefined;
    if (load === undefined) continue;
    if (length === 1 && second !== undefined && !namesTarget(words)) refuseMistyped(first, second);
    return { command: await load(), rest: words.slice(length) };
  }
  if (membersOf(first).length === 0) throw unknownWord(first);
  throw unknownMember(first, second?.startsWith('-') ? undefined : second);
}

/** `undo`, `drop` … for `backfill`. */
function membersOf(first: string): readonly string[] {
  return Object.keys(commandLoaders).flatMap((name) =>
    name.startsWith(`${first} `) ? name.slice(first.length + 1) : [],
  );
}

/** Whoever names a target means a backfill, of a source that may have any name. */
function namesTarget(words: readonly string[]): boolean {
  return words.some((word) => word === '--to' || word.startsWith('--to='));
}

/** `backfill undoo` is no backfill of a dump named `undoo`, unless there is one. */
function refuseMistyped(first: string, second: string): void {
  if (!/^[a-z]+$/i.test(second) || closest(second, membersOf(first)) === undefined || existsSync(second)) return;
  throw unknownMember(first, second);
}

function unknownMember(first: string, second: string | undefined): UsageError {
  const members = membersOf(first);
  const meant = second === undefined ? undefined : closest(second, members);
  const all = members.map((member) => `respool ${first} ${member}`).join(', ');
  return new UsageError(
    second === undefined
      ? `respool ${first} needs to know what to do`
      : `respool ${first} has no command ${JSON.stringify(second)}`,
    {
      code: 'unknown_command',
      hint: meant === undefined ? `there is ${all}` : `did you mean respool ${first} ${meant}?`,
    },
  );
}

function unknownWord(typed: string): UsageError {
  const isOption = typed.startsWith('-');
  const meant = closest(typed, isOption ? ['--help', '--version'] : Object.keys(commandLoaders));
  const otherwise = isOption ? 'options of a command stand behind it' : 'respool --help lists all commands';
  return new UsageError(`respool has no ${isOption ? 'option' : 'command'} ${JSON.stringify(typed)}`, {
    code: isOption ? 'unknown_option' : 'unknown_command',
    hint: meant === undefined ? otherwise : `did you mean respool ${meant}?`,
  });
}

async function runCommand(
  command: Command,
  words: readonly string[],
  world: World & { readonly argv: readonly string[] },
): Promise<number> {
  const isConfigured = 'config' in command.options;
  const typed = await parsed(command, words, isConfigured ? world : undefined);
  const config = isConfigured ? await readConfig(typed.texts.get('--config')?.at(-1), world.io) : emptyConfig;
  world.onConfig(config);
  const options = await readOptions(command, typed, config);
  const invocation: Invocation = {
    options,
    args: typed.args,
    argv: world.argv,
    config,
    io: options.noColor === true ? withoutColors(world.io) : world.io,
    stop: world.stop,
  };
  return command.run(invocation as Invocation<never>); // the values are those that this very command's options read
}

/** Where words are wrong, the configuration still says how that is to be told. */
async function parsed(command: Command, words: readonly string[], world: World | undefined): Promise<Typed> {
  try {
    return parseWords(command, words);
  } catch (error) {
    if (world !== undefined) await readConfig(undefined, world.io).then(world.onConfig, () => undefined);
    throw error;
  }
}

async function readConfig(path: string | undefined, io: Io): Promise<Config> {
  return loadConfig({ cwd: io.cwd, env: io.env, flags: flagShapes, ...(path !== undefined && { path }) });
}

/** What the configuration file may set: the flags of all commands, which are loaded for it. */
async function flagShapes(): Promise<readonly FlagShape[]> {
  return (await loadCommands()).flatMap(({ options }) =>
    Object.values(options).map(({ description, isRepeatable }) => ({
      name: description.flag.slice(2),
      isSwitch: description.value === undefined,
      isRepeatable,
      isPath: description.completes !== undefined,
    })),
  );
}

async function printHelp(io: Io, exitCode: number): Promise<number> {
  const { renderHelp } = await import('./help.js');
  const toStdout = exitCode === 0;
  const style = { columns: io.columns, colors: toStdout ? io.colors.stdout : io.colors.stderr };
  const page = renderHelp(await loadCommands(), readPackage(), style);
  (toStdout ? io.stdout : io.stderr).write(page);
  return exitCode;
}

async function printCommandHelp(command: Command, io: Io): Promise<number> {
  const { renderCommandHelp } = await import('./help.js');
  const style: Style = { columns: io.columns, colors: io.colors.stdout };
  return print(io, renderCommandHelp(command, style));
}

function print(io: Io, text: string): number {
  io.stdout.write(text);
  return 0;
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const options = end === -1 ? words : words.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}
