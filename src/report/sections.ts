import type { Style } from './output.js';
import { createPaint, type Paint } from './paint.js';
import type { Failure, FieldUsed, NextCommand, ProblemCount } from './report.js';
import { counted, hang, shorten, thousands } from './text.js';

/** The text of a result for a terminal, section by section from top to bottom. */
export interface Sections {
  readonly paint: Paint;
  readonly width: number;
  /** Lines that belong together, set off by an empty line. Nothing when there are none. */
  block(lines: readonly string[]): void;
  /** A heading and what is under it. Nothing when there is nothing under it. */
  titled(title: string, lines: readonly string[]): void;
  /** Sentences behind a marked word, wrapped. */
  sentences(label: string, sentences: readonly string[]): void;
  /** The whole text, ending with a line feed. */
  end(): string;
}

/** Begins a text that fits the terminal, at most 120 columns wide. */
export function createSections({ colors, columns }: Style): Sections {
  const paint = createPaint(colors);
  const width = Math.min(Math.max(columns, 60), 120);
  const blocks: string[] = [];
  const block = (lines: readonly string[]): void => {
    if (lines.length > 0) blocks.push(lines.join('\n'));
  };
  return {
    paint,
    width,
    block,
    titled: (title, lines) => block(lines.length === 0 ? [] : [paint.bold(title), ...lines]),
    sentences: (label, sentences) => {
      const lines = sentences.flatMap((sentence) => hang(`${label}: `, sentence, width));
      block(lines.map((line) => line.replace(`${label}:`, () => paint.yellow(`${label}:`))));
    },
    end: () => `${blocks.join('\n\n')}\n`,
  };
}

/** The most kinds of trouble that a table shows. */
const mostProblems = 8;

/** A line for each kind of trouble, with its count and its first example. */
export function problemLines(problems: readonly ProblemCount[], { paint, width }: Sections): string[] {
  const shown = problems.slice(0, mostProblems);
  const countWidth = Math.max(...shown.map(({ events }) => thousands(events).length), 1);
  const lines = shown.flatMap(({ events, stage, message, code, example }) => {
    const lead = `  ${thousands(events).padStart(countWidth)}  `;
    const [first = '', ...rest] = hang(lead, `${stage}: ${message}`, width);
    const marked = paint.red(first.slice(0, lead.length)) + first.slice(lead.length);
    const facts = `${code}${example === undefined ? '' : `, first in ${example}`}`;
    return [marked, ...rest, paint.dim(' '.repeat(lead.length) + shorten(facts, width - lead.length))];
  });
  return [...lines, ...moreLine(problems.slice(mostProblems), 'kind of trouble', 'kinds of trouble')];
}

/** Which parts of the source, or which sinks, failed and why. */
export function failureLines(failures: readonly Failure[], { paint, width }: Sections): string[] {
  return failures.flatMap(({ part, message, hint }) => [
    ...hang('  ', `${part}: ${message}`, width),
    ...(hint === undefined ? [] : hang('    ', hint, width).map(paint.dim)),
  ]);
}

/** A line for each field: what it is, where it was found, and why there. */
export function fieldLines(fields: readonly FieldUsed[], { paint }: Sections): string[] {
  const width = Math.max(1, ...fields.map(({ pointer }) => pointer?.length ?? 1));
  return fields.map(
    ({ field, pointer, why }) => `  ${field.padEnd(4)}  ${(pointer ?? '-').padEnd(width)}  ${paint.dim(why)}`,
  );
}

/** Commands to copy, each on one line however long it is. */
export function nextLines(next: readonly NextCommand[], { paint }: Sections): string[] {
  return next.flatMap(({ command, why }) => [`  ${paint.dim(`# ${why}`)}`, `  ${paint.cyan(command)}`]);
}

/** `  … and 3 more days (1,234 events)`, or nothing. */
export function moreLine(rest: readonly { readonly events?: number }[], one: string, many: string): string[] {
  if (rest.length === 0) return [];
  const events = rest.reduce((sum, item) => sum + (item.events ?? 0), 0);
  return [`  … and ${thousands(rest.length)} more ${rest.length === 1 ? one : many} (${counted(events, 'event')})`];
}
