import type { Io } from '../commands/command.js';
import { redact } from '../config/redact.js';
import { RespoolError } from '../errors.js';
import { createPaint } from '../report/paint.js';
import { readPackage } from './version.js';

/** How an error is told. */
export interface ErrorPrinting {
  readonly io: Io;
  /** Say where it came from. */
  readonly isVerbose: boolean;
  /** Values that must not be printed, beside those that `redact` finds itself. */
  readonly secrets: readonly string[];
}

/** Prints an error in the user's words and returns the exit code that goes with it. */
export function printError(error: unknown, { io, isVerbose, secrets }: ErrorPrinting): number {
  const paint = createPaint(io.colors.stderr);
  const lines =
    error instanceof RespoolError
      ? [`${paint.red('error:')} ${error.message}`, ...(error.hint ? [`${paint.cyan('hint:')} ${error.hint}`] : [])]
      : bugReport(error, paint.red('error:'));
  if (isVerbose) lines.push(...stackLines(error));
  io.stderr.write(`${redact(lines.join('\n'), secrets)}\n`);
  return error instanceof RespoolError ? error.exitCode : 2;
}

function bugReport(error: unknown, label: string): string[] {
  const { version, bugs } = readPackage();
  const where = bugs?.url === undefined ? 'to its maintainers' : `at ${bugs.url}`;
  return [
    `${label} unexpected: ${messageOf(error)}`,
    `This is a defect of respool ${version} (Node ${process.version}). Please report it ${where},`,
    'with the command and what the same command prints with -v. What was delivered is safe: run it again to resume.',
  ];
}

function stackLines(error: unknown): string[] {
  const lines: string[] = [];
  for (let current = error; current instanceof Error; current = current.cause) {
    lines.push(current === error ? '' : 'caused by:', current.stack ?? current.message);
  }
  return lines;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
