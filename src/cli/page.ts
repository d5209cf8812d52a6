import type { Style } from '../report/output.js';
import { createPaint } from '../report/paint.js';
import { wrap } from '../report/text.js';

const indent = '  ';
const gap = 2;
/** A left column wider than this gets a line of its own. */
const widestLeft = 26;

/** A page of help, put together from top to bottom. */
export interface Page {
  paragraph(text: string): void;
  heading(text: string): void;
  /** Two columns; the right one is wrapped. `leftWidth` lines up several lists; by default the longest left decides. */
  rows(rows: readonly (readonly [left: string, right: string])[], leftWidth?: number): void;
  /** A line of code with what it does above it. */
  example(code: string, explains: string): void;
  /** The whole page, ending with a line feed. */
  end(): string;
}

/** Begins a page that fits the terminal. */
export function createPage({ colors, columns }: Style): Page {
  const paint = createPaint(colors);
  const width = Math.min(Math.max(columns, 40), 100);
  const lines: string[] = [];
  const space = (): void => {
    if (lines.length > 0) lines.push('');
  };
  return {
    paragraph: (text) => {
      space();
      lines.push(...wrap(text, width));
    },
    heading: (text) => {
      space();
      lines.push(paint.bold(text));
    },
    rows: (rows, leftWidth = Math.max(...rows.map(([text]) => text.length))) => {
      const left = Math.min(widestLeft, leftWidth) + gap;
      for (const row of rows) lines.push(...renderRow(row, { left, width, mark: paint.cyan }));
    },
    example: (code, explains) => {
      lines.push(`${indent}${paint.dim(`# ${explains}`)}`, `${indent}${code}`);
    },
    end: () => `${lines.join('\n')}\n`,
  };
}

interface RowStyle {
  readonly left: number;
  readonly width: number;
  readonly mark: (text: string) => string;
}

function renderRow([left, right]: readonly [string, string], style: RowStyle): string[] {
  const margin = ' '.repeat(indent.length + style.left);
  const texts = wrap(right, style.width - margin.length);
  const marked = indent + style.mark(left);
  if (left.length + gap > style.left) return [marked, ...texts.map((text) => margin + text)];
  const [first = '', ...rest] = texts;
  return [marked + ' '.repeat(style.left - left.length) + first, ...rest.map((text) => margin + text)];
}
