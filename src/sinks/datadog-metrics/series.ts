import type { Total } from './totals.js';

/** A body for `/api/v2/series`, and the points in it. */
export interface SeriesBody {
  readonly json: Buffer;
  readonly points: number;
  /** The oldest second of a point that must be young, infinite without one. */
  readonly oldestSecond: number;
}

const TYPES = { count: 1, gauge: 3 } as const;
/** Uncompressed, so that no compression has to be believed: 512,000 bytes are allowed on the wire. */
const MOST_BYTES = 480_000;
const MOST_POINTS = 5_000;

/** Fills bodies with points; those of one series stand together. */
export async function* seriesBodies(
  totals: AsyncIterable<Total>,
  moreTags: readonly string[],
): AsyncGenerator<SeriesBody> {
  let series: string[] = [];
  let open: { readonly id: string; readonly head: string; points: string[] } | undefined;
  let bytes = 0;
  let points = 0;
  let oldestSecond = Number.POSITIVE_INFINITY;
  const close = () => {
    if (open !== undefined) series.push(`${open.head}"points":[${open.points.join(',')}]}`);
    open = undefined;
  };
  const flush = (): SeriesBody => {
    close();
    const body = { json: Buffer.from(`{"series":[${series.join(',')}]}`), points, oldestSecond };
    series = [];
    bytes = 0;
    points = 0;
    oldestSecond = Number.POSITIVE_INFINITY;
    return body;
  };
  for await (const total of totals) {
    const point = JSON.stringify({ timestamp: total.second, value: total.value });
    const { id, head } = headOf(total, moreTags);
    const isNew = open?.id !== id;
    const more = point.length + 1 + (isNew ? Buffer.byteLength(head) + 20 : 0);
    if (points > 0 && (bytes + more > MOST_BYTES || points >= MOST_POINTS)) yield flush();
    if (open?.id !== id) {
      close();
      open = { id, head, points: [] };
      bytes += Buffer.byteLength(head) + 20;
    }
    open.points.push(point);
    bytes += point.length + 1;
    points++;
    if (!total.isHistorical) oldestSecond = Math.min(oldestSecond, total.second);
  }
  if (points > 0) yield flush();
}

interface Series {
  readonly metric: string;
  readonly points: readonly unknown[];
}

/** The body as two with half of its points each; nothing when it holds a single one. */
export function halvesOf({ json, points, oldestSecond }: SeriesBody): readonly SeriesBody[] {
  if (points < 2) return [];
  const { series } = JSON.parse(json.toString()) as { readonly series: readonly Series[] }; // as `seriesBodies` wrote it
  const middle = Math.ceil(points / 2);
  return [
    [0, middle],
    [middle, points],
  ].map(([from = 0, to = 0]) => {
    const some = stretchOf(series, from, to);
    return { json: Buffer.from(JSON.stringify({ series: some })), points: to - from, oldestSecond };
  });
}

/** The metric of the first point. */
export function metricOf({ json }: SeriesBody): string {
  const { series } = JSON.parse(json.toString()) as { readonly series: readonly Series[] }; // as `seriesBodies` wrote it
  return series[0]?.metric ?? '';
}

/** The series with their points `[from, to)`, counted over all of them. */
function stretchOf(series: readonly Series[], from: number, to: number): readonly Series[] {
  let start = 0;
  return series.flatMap((one) => {
    const points = one.points.slice(Math.max(0, from - start), Math.max(0, to - start));
    start += one.points.length;
    return points.length === 0 ? [] : [{ ...one, points }];
  });
}

function headOf({ metric, type, host, tags, intervalS }: Total, moreTags: readonly string[]) {
  const head = JSON.stringify({
    metric,
    type: TYPES[type],
    ...(type === 'count' && { interval: intervalS }),
    tags: [...tags, ...moreTags],
    ...(host !== undefined && { resources: [{ type: 'host', name: host }] }),
  });
  return { id: head, head: `${head.slice(0, -1)},` };
}
