import { shorten, thousands } from './text.js';
import { markupText, visible } from './validate-text.js';

/** One bar: any text, and how many. */
export interface Bar {
  readonly label: string;
  readonly value: number;
}

const rowHeight = 24;
const labelWidth = 240;
const barWidth = 400;

/** Horizontal bars in the given order as one SVG element, the longest as wide as the chart. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  const height = bars.length * rowHeight;
  return [
    `<svg role="img" aria-label="${markupText(title)}" viewBox="0 0 ${labelWidth + barWidth + 96} ${height}">`,
    ...bars.map((bar, row) => oneBar(bar, row * rowHeight, most)),
    '</svg>',
  ].join('\n');
}

function oneBar({ label, value }: Bar, top: number, most: number): string {
  const width = Math.max(1, Math.round((barWidth * value) / most));
  const text = markupText(shorten(visible(label), 32));
  return [
    `<text x="${labelWidth - 8}" y="${top + 16}" text-anchor="end">${text}</text>`,
    `<rect x="${labelWidth}" y="${top + 4}" width="${width}" height="${rowHeight - 8}"></rect>`,
    `<text x="${labelWidth + width + 8}" y="${top + 16}">${thousands(value)}</text>`,
  ].join('');
}
