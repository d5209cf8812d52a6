import { commandLoaders } from '../commands/registry.js';
import { redact } from '../config/redact.js';
import { RespoolError } from '../errors.js';
import { renderJson } from '../report/json.js';

/** How a command ended that has no report of its own. */
interface Ending {
  readonly argv: readonly string[];
  /** What the configuration says for `--output`, where the command line says nothing. */
  readonly outputs: readonly string[];
  readonly exitCode: number;
  readonly secrets: readonly string[];
}

/** The report has been printed, or two programs claim its place. */
const SILENT: ReadonlySet<string> = new Set(['output_unwritable', 'output_conflict']);

/**
 * What a program finds on standard output when a command with `--output json` ends before its report.
 * Undefined when nobody asked for JSON there, or when the place is taken.
 */
export function errorReport(error: unknown, { argv, outputs, exitCode, secrets }: Ending): string | undefined {
  if (!wantsJson(argv, outputs)) return undefined;
  const { code, message, hint } = wordsOf(error, exitCode);
  if (SILENT.has(code)) return undefined;
  return renderJson({
    reportVersion: 1,
    command: commandOf(argv),
    complete: false,
    exitCode,
    error: { code, message: redact(message, secrets), ...(hint !== undefined && { hint: redact(hint, secrets) }) },
  });
}

function wantsJson(argv: readonly string[], outputs: readonly string[]): boolean {
  const typed = argv.flatMap((word, at) => {
    if (word === '--output') return argv[at + 1] ?? [];
    return word.startsWith('--output=') ? word.slice('--output='.length) : [];
  });
  return (typed.length > 0 ? typed : outputs).some((output) => /^json(:-?)?$/.test(output));
}

function wordsOf(error: unknown, exitCode: number): { code: string; message: string; hint?: string | undefined } {
  if (error instanceof RespoolError) return error;
  if (exitCode === 130 || exitCode === 143)
    return { code: 'interrupted', message: 'stopped before there was a report' };
  return { code: 'unexpected', message: error instanceof Error ? error.message : String(error) };
}

function commandOf(argv: readonly string[]): string | undefined {
  const names = [argv.slice(0, 2).join(' '), argv[0] ?? ''];
  return names.find((name) => Object.hasOwn(commandLoaders, name));
}
