import { shorten, thousands } from './text.js';
import { markupText, visible } from './validate-text.js';

/** One bar: any text, and how many. */
export interface Bar {
  readonly label: string;
  readonly value: number;
}

/** Bars in the given order: `rows` one below the other, for names; `columns` side by side, for days. */
export interface Chart {
  readonly title: string;
  readonly kind: 'rows' | 'columns';
  readonly bars: readonly Bar[];
}

const WIDTH = 860;
const ROW_HEIGHT = 28;
const COLUMNS_HEIGHT = 260;
const LABEL_WIDTH = 240;
const LONGEST_LABEL = 34;
// The page sets the colour; ECharts passes it on.
const INK = 'currentColor';

/** Draws charts with ECharts as SVG elements, without a browser. The library is loaded when there is something to draw. */
export async function drawCharts(charts: readonly Chart[]): Promise<readonly string[]> {
  if (charts.length === 0) return [];
  const { init, use } = await import('echarts/core');
  const { BarChart } = await import('echarts/charts');
  const { GridComponent } = await import('echarts/components');
  const { SVGRenderer } = await import('echarts/renderers');
  use([BarChart, GridComponent, SVGRenderer]);
  return charts.map((chart) => {
    const height = chart.kind === 'rows' ? chart.bars.length * ROW_HEIGHT + 16 : COLUMNS_HEIGHT;
    const drawing = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
    drawing.setOption(chart.kind === 'rows' ? rowsOption(chart) : columnsOption(chart));
    const svg = drawing.renderToSVGString();
    drawing.dispose();
    return labelled(svg, chart.title);
  });
}

type Part = Record<string, unknown>;

function rowsOption({ bars }: Chart): Part {
  return {
    ...common,
    grid: { left: LABEL_WIDTH, right: 80, top: 4, bottom: 4 },
    xAxis: { type: 'value', show: false, min: 0, max: highest(bars) },
    yAxis: { ...categories(bars), inverse: true, axisLabel: { color: INK, fontSize: 13, interval: 0 } },
    series: [{ ...series(bars), label: { ...valueLabel, show: true, position: 'right' } }],
  };
}

function columnsOption({ bars }: Chart): Part {
  return {
    ...common,
    grid: { left: 72, right: 16, top: 24, bottom: 40 },
    xAxis: { ...categories(bars), axisLabel: { color: INK, fontSize: 12, hideOverlap: true } },
    yAxis: {
      type: 'value',
      minInterval: 1,
      axisLabel: { color: INK, fontSize: 12, formatter: thousands },
      splitLine: { lineStyle: { color: '#8884' } },
    },
    series: [
      { ...series(bars), barCategoryGap: '25%', label: { ...valueLabel, show: bars.length <= 16, position: 'top' } },
    ],
  };
}

const valueLabel = { color: INK, fontSize: 13, formatter: ({ value }: { readonly value: number }) => thousands(value) };

const common: Part = {
  animation: false,
  color: ['#c2410c'],
  textStyle: { fontFamily: 'system-ui, sans-serif' },
};

function categories(bars: readonly Bar[]): Part {
  const data = bars.map(({ label }) => shorten(visible(label), LONGEST_LABEL));
  return { type: 'category', data, axisTick: { show: false }, axisLine: { lineStyle: { color: '#8886' } } };
}

function series(bars: readonly Bar[]): Part {
  return { type: 'bar', silent: true, barMaxWidth: 18, data: bars.map(({ value }) => value) };
}

function highest(bars: readonly Bar[]): number {
  return Math.max(1, ...bars.map(({ value }) => value));
}

/** A drawing has a name for those who do not see it, fits the width there is, and needs no rules for a pointer. */
function labelled(svg: string, title: string): string {
  return svg
    .replace(/<style[^>]*>.*?<\/style>\n?/gsu, '')
    .replace(/ (?:ecmeta_\w+|class|xmlns:xlink|xml:space|version|baseProfile)="[^"]*"/gu, '')
    .replace(/^<svg width="(\d+)" height="(\d+)"/u, '<svg')
    .replace('<svg ', `<svg role="img" aria-label="${markupText(title)}" `);
}
