import type { EChartsOption } from 'echarts';
import type { DiffCount, DiffReport } from './diff-report.js';

/** Colours that can be told apart on white and on black, and by people who see few colours. */
const COLOURS = { missing: '#c2410c', extra: '#0369a1', changed: '#a16207' } as const;
const INK = '#808080';
const WIDTH = 960;
/** Beyond so many hours days are drawn. */
const MOST_HOURS = 24 * 31;
const MOST_BARS = 20;

/** The pictures of a comparison, as SVG, by their titles. Drawn on the server: they need no script. */
export async function diffCharts(
  report: DiffReport,
): Promise<readonly { readonly title: string; readonly svg: string }[]> {
  const times = timed(report.hours.length > MOST_HOURS ? report.days : filled(report.hours));
  const charts = [
    ...(times.length > 0 ? [{ title: 'When events differ', option: overTime(times), height: 280 }] : []),
    ...(report.fields.length > 0
      ? [
          {
            title: 'Fields that differ',
            option: byField(report),
            height: 60 + 26 * Math.min(MOST_BARS, report.fields.length),
          },
        ]
      : []),
  ];
  if (charts.length === 0) return [];
  const echarts = await import('echarts');
  return charts.map(({ title, option, height }) => {
    const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
    chart.setOption({ animation: false, textStyle: { fontFamily: 'system-ui, sans-serif' }, ...option });
    const svg = chart.renderToSVGString();
    chart.dispose();
    return { title, svg };
  });
}

function timed(counts: readonly DiffCount[]): readonly DiffCount[] {
  return counts.filter(({ label }) => label !== '');
}

const HOUR_MS = 3_600_000;

/** With the hours between them in which nothing differs, where there are few enough: a gap has to look like one. */
function filled(hours: readonly DiffCount[]): readonly DiffCount[] {
  const known = new Map(hours.map((hour) => [Date.parse(hour.label), hour]));
  const instants = [...known.keys()].filter((instant) => !Number.isNaN(instant));
  const [first, last] = [Math.min(...instants), Math.max(...instants)];
  const length = (last - first) / HOUR_MS + 1;
  if (!(length <= MOST_HOURS)) return hours;
  return Array.from({ length }, (_, at) => {
    const instant = first + at * HOUR_MS;
    const label = `${new Date(instant).toISOString().slice(0, 13)}:00Z`;
    return known.get(instant) ?? { label, missing: 0, extra: 0, changed: 0 };
  });
}

const axis = { axisLabel: { color: INK }, axisLine: { lineStyle: { color: INK } } };
const grid = { left: 8, right: 40, top: 36, bottom: 8, containLabel: true };
const legend = { top: 0, left: 0, textStyle: { color: INK } };

function overTime(counts: readonly DiffCount[]): EChartsOption {
  return {
    grid,
    legend,
    xAxis: {
      type: 'category',
      data: counts.map(({ label }) => label.replace('T', ' ').replace(':00Z', ' h')),
      ...axis,
      axisLabel: { color: INK, alignMinLabel: 'left', alignMaxLabel: 'right' },
    },
    yAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: INK, opacity: 0.25 } }, ...axis },
    series: (['missing', 'extra', 'changed'] as const).map((kind) => ({
      name: kind,
      type: 'bar',
      stack: 'all',
      barMaxWidth: 40,
      itemStyle: { color: COLOURS[kind] },
      data: counts.map((count) => count[kind]),
    })),
  };
}

function byField({ fields }: DiffReport): EChartsOption {
  const shown = fields.slice(0, MOST_BARS).toReversed();
  return {
    grid: { ...grid, top: 8 },
    xAxis: { type: 'value', minInterval: 1, splitLine: { lineStyle: { color: INK, opacity: 0.25 } }, ...axis },
    yAxis: {
      type: 'category',
      data: shown.map(({ pointer }) => (pointer === '' ? '(whole event)' : pointer)),
      ...axis,
      axisLabel: { color: INK, width: 320, overflow: 'truncate' },
    },
    series: [
      {
        type: 'bar',
        barMaxWidth: 18,
        itemStyle: { color: COLOURS.changed },
        label: { show: true, position: 'right', color: INK },
        data: shown.map(({ changed }) => changed),
      },
    ],
  };
}
