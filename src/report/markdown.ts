import type { ProblemCount } from './report.js';
import { thousands } from './text.js';

/** A Markdown table; cells may hold any text. Columns whose heading ends with a colon are right-aligned. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  const rule = `|${head.map((title) => (title.endsWith(':') ? '---:' : '---')).join('|')}|`;
  return [line(head.map((title) => title.replace(/:$/, ''))), rule, ...rows.map(line)].join('\n');
}

/** Text as code, whatever backticks it holds. */
export function markdownCode(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${fence}${space}${text}${space}${fence}`;
}

/** A section with its heading, or nothing when it has no lines. */
export function markdownSection(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`### ${title}`, lines.join('\n')];
}

/** Kinds of trouble as one table, or nothing. */
export function problemTable(problems: readonly ProblemCount[] = []): string[] {
  if (problems.length === 0) return [];
  const rows = problems.map(({ events, stage, code, message, example }) => [
    thousands(events),
    stage,
    markdownCode(code),
    message,
    example ?? '',
  ]);
  return [markdownTable(['events:', 'where', 'code', 'why', 'first'], rows)];
}

/** Sentences as a list. */
export function bullets(sentences: readonly string[] = []): string[] {
  return sentences.map((sentence) => `- ${sentence}`);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\r?\n/g, '<br>');
}
