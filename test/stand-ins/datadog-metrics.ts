import { gunzipSync, inflateSync } from 'node:zlib';
import type { Faults } from './faults.js';
import { over, type Received, type Reply, type StandInServer, startServer } from './server.js';

/** What a test can look at. */
export interface DatadogMetricsStandIn extends StandInServer {
  /** The value of each point, by `metric{sorted tags}@host second`. */
  readonly points: ReadonlyMap<string, number>;
  /** Every value of a distribution that was taken, by the same key. */
  readonly distributions: ReadonlyMap<string, readonly number[]>;
  readonly counters: Readonly<Record<DatadogMetricsCounter, number>>;
}

type DatadogMetricsCounter = 'overwrites' | 'overwrites_with_different_value' | 'dropped_old' | 'dropped_future';

export interface DatadogMetricsSwitches {
  readonly faults?: Faults;
  readonly apiKey?: string;
  readonly now?: () => number;
  /** Metrics for which historical ingestion is enabled. */
  readonly historical?: readonly string[];
  readonly mostWireBytes?: number;
  /** A value of a distribution for which the whole request is refused. */
  readonly refuse?: (value: number) => boolean;
}

export const METRICS_KEY = 'dd-api-key-0123456789abcdef';

const PAST_MS = 3_600_000;
const FUTURE_MS = 600_000;
const HISTORY_MS = 456 * 86_400_000;
const MOST_WIRE = 512_000;
const MOST_INFLATED = 5_242_880;

/** Starts a server that takes, refuses, drops and overwrites points as Datadog's documentation says it does. */
export async function startDatadogMetrics(switches: DatadogMetricsSwitches = {}): Promise<DatadogMetricsStandIn> {
  const intake = new Intake(switches);
  const server = await startServer((request) => intake.answer(request), switches);
  return over(server, {
    points: intake.points,
    distributions: intake.distributions,
    counters: intake.counters,
  });
}

interface Series {
  readonly metric: string;
  readonly points: readonly unknown[];
  readonly tags: readonly string[];
  readonly host: string;
  readonly type: number;
}

class Intake {
  readonly points = new Map<string, number>();
  readonly distributions = new Map<string, number[]>();
  readonly counters: Record<DatadogMetricsCounter, number> = {
    overwrites: 0,
    overwrites_with_different_value: 0,
    dropped_old: 0,
    dropped_future: 0,
  };
  private readonly now: () => number;

  constructor(private readonly switches: DatadogMetricsSwitches) {
    this.now = switches.now ?? Date.now;
  }

  answer(request: Received): Reply {
    const isSeries = request.url.pathname === '/api/v2/series';
    if (!isSeries && request.url.pathname !== '/api/v1/distribution_points') return errors(404, 'Not Found');
    if (request.method !== 'POST') return errors(405, 'Method Not Allowed');
    const key = request.headers['dd-api-key'];
    if (key === undefined) return errors(401, 'Unauthorized');
    if (key !== (this.switches.apiKey ?? METRICS_KEY)) return errors(403, 'Forbidden');
    const encoding = request.headers['content-encoding'];
    if (!isSeries && (request.headers['content-type'] !== 'text/json' || encoding !== 'deflate')) {
      return errors(400, '[stand-in] text/json, deflated, is wanted');
    }
    if (request.body.length > (this.switches.mostWireBytes ?? MOST_WIRE))
      return { status: 413, body: 'Payload too big' };
    const inflated = inflate(request.body, encoding);
    if (inflated === undefined) return errors(400, 'Bad Request');
    if (inflated.length >= MOST_INFLATED) return { status: 413, body: 'Payload too big' };
    const series = seriesIn(inflated);
    if (series === undefined || series.length === 0) return errors(400, '[stand-in] no series');
    return isSeries ? this.takeSeries(series) : this.takeDistributions(series);
  }

  private takeSeries(series: readonly Series[]): Reply {
    if (!series.every(({ type, points }) => [0, 1, 2, 3].includes(type) && points.every(isPoint))) {
      return errors(400, '[stand-in] a point or a type cannot be read');
    }
    const values = series.flatMap(({ points }) => (points as readonly { value: number }[]).map(({ value }) => value));
    if (values.some((value) => this.switches.refuse?.(value) === true)) return errors(400, '[stand-in] refused');
    for (const each of series) {
      for (const { timestamp, value } of each.points as readonly { timestamp: number; value: number }[]) {
        if (!this.isInWindow(each.metric, timestamp)) continue;
        const key = keyOf(each, timestamp);
        const known = this.points.get(key);
        if (known !== undefined) this.counters.overwrites++;
        if (known !== undefined && known !== value) this.counters.overwrites_with_different_value++;
        this.points.set(key, value);
      }
    }
    return { status: 202, headers: { 'content-type': 'application/json' }, body: '{"errors":[]}' };
  }

  private takeDistributions(series: readonly Series[]): Reply {
    const pointsOf = ({ points }: Series) => points as readonly (readonly [number, readonly number[]])[];
    const values = series.flatMap((each) => pointsOf(each).flatMap(([, some]) => some));
    if (values.some((value) => this.switches.refuse?.(value) === true)) return errors(400, '[stand-in] refused');
    for (const each of series) {
      for (const [timestamp, values] of pointsOf(each)) {
        const key = keyOf(each, timestamp);
        this.distributions.set(key, [...(this.distributions.get(key) ?? []), ...values]);
      }
    }
    return { status: 202, headers: { 'content-type': 'text/json' }, body: '{"status":"ok"}' };
  }

  private isInWindow(metric: string, second: number): boolean {
    const age = this.now() - second * 1_000;
    const isHistorical = this.switches.historical?.includes(metric) === true;
    if (age < -FUTURE_MS) this.counters.dropped_future++;
    else if (age > (isHistorical ? HISTORY_MS : PAST_MS)) this.counters.dropped_old++;
    else return true;
    return false;
  }
}

function inflate(body: Buffer, encoding: string | undefined): Buffer | undefined {
  try {
    if (encoding === undefined || encoding === 'identity') return body;
    if (encoding === 'gzip') return gunzipSync(body, { maxOutputLength: 64 * 1024 * 1024 });
    return encoding === 'deflate' ? inflateSync(body, { maxOutputLength: 64 * 1024 * 1024 }) : undefined;
  } catch {
    return undefined;
  }
}

function seriesIn(body: Buffer): readonly Series[] | undefined {
  try {
    const { series } = JSON.parse(body.toString()) as { series: readonly Record<string, unknown>[] };
    const read = series.map((each) => ({
      metric: String(each.metric),
      points: each.points as readonly unknown[],
      tags: ((each.tags ?? []) as readonly string[]).map((tag) => tag.toLowerCase()),
      host: String((each.resources as { name?: string }[] | undefined)?.[0]?.name ?? each.host ?? ''),
      type: Number(each.type ?? 0),
    }));
    const isGood = ({ metric, points, tags }: Series) =>
      /^[a-z]/iu.test(metric) &&
      metric.length <= 200 &&
      Array.isArray(points) &&
      tags.every((tag) => tag.length <= 200);
    return read.every(isGood) ? read : undefined;
  } catch {
    return undefined;
  }
}

function isPoint(point: unknown): boolean {
  const { timestamp, value } = point as { readonly timestamp?: unknown; readonly value?: unknown }; // both are checked
  return Number.isInteger(timestamp) && typeof value === 'number' && Number.isFinite(value);
}

function keyOf({ metric, tags, host }: Series, second: number): string {
  return `${metric}{${[...new Set(tags)].sort().join(',')}}@${host} ${second}`;
}

function errors(status: number, message: string): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ errors: [message] }) };
}
