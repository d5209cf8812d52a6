import type { Config } from '../config/config.js';
import type { Options, ValuesOf } from './option.js';

/** What a command is, as data: help, docs/cli.md, shell completion and parsing all come from it. */
export interface Command<O extends Options = Options> {
  /** What the user types, in one or more words: `replay`, `runs prune`. */
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Paragraphs for the command's own help. */
  readonly description?: string;
  readonly arguments: readonly Argument[];
  readonly options: O;
  readonly examples: readonly Example[];
  /**
   * Imports the implementation and carries it out. Resolves to the exit code.
   * @throws RespoolError, which the command line prints.
   */
  run(invocation: Invocation<ValuesOf<O>>): Promise<number>;
}

export interface Argument {
  readonly name: string;
  readonly summary: string;
  readonly isRequired: boolean;
  /** Takes all that follows; only the last argument of a command. */
  readonly isVariadic: boolean;
  readonly choices?: readonly string[];
}

export interface Example {
  /** Without the leading `respool`. */
  readonly command: string;
  readonly explains: string;
}

/** One call of a command: everything it may know of the world outside. */
export interface Invocation<Values = unknown> {
  readonly options: Values;
  /** Positional arguments, as typed. */
  readonly args: readonly string[];
  /** All words behind `respool`, as typed; may hold secrets. */
  readonly argv: readonly string[];
  readonly config: Config;
  readonly io: Io;
  readonly stop: Stop;
}

export interface Io {
  /** The result, and nothing else. */
  readonly stdout: NodeJS.WritableStream;
  /** Progress, notes and errors. */
  readonly stderr: NodeJS.WritableStream;
  readonly stdin: NodeJS.ReadableStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Whether colours are wanted on each stream (terminal, `NO_COLOR`, `--no-color`). */
  readonly colors: { readonly stdout: boolean; readonly stderr: boolean };
  /** Columns of the terminal; 80 off a terminal. */
  readonly columns: number;
}

/** How the user stops a run. */
export interface Stop {
  /** Aborted by the first Ctrl-C or TERM: finish what is in flight, save, print, return `exitCode`. */
  readonly finish: AbortSignal;
  /** Aborted by the second one. The process ends right after. */
  readonly now: AbortSignal;
  /** 130 after Ctrl-C, 143 after TERM, undefined while nobody has stopped the run. */
  readonly exitCode: number | undefined;
}
