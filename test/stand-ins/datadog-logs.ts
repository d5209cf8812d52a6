import { gunzipSync, inflateSync } from 'node:zlib';
import type { Faults } from './faults.js';
import { over, type Received, type Reply, type StandInServer, startServer } from './server.js';

/** A log as Datadog keeps it. */
export interface StoredLog {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** The JSON text of the entry as it came; undefined when texts are not kept. */
  readonly text: string | undefined;
}

/** What a test can look at. */
export interface DatadogLogsStandIn extends StandInServer {
  /** Every copy that was stored, in the order of arrival. */
  readonly logs: readonly StoredLog[];
  readonly counters: Readonly<Record<DatadogLogsCounter, number>>;
  /** Copies beyond the first, by the attribute `event_id`. */
  duplicates(): number;
}

export type DatadogLogsCounter =
  | 'accepted'
  | 'dropped_old'
  | 'dropped_future'
  | 'truncated'
  | 'violations'
  | 'searches';

/** How the stand-in behaves; what is nobody's documented behaviour is a switch of its own. */
export interface DatadogLogsSwitches {
  readonly faults?: Faults;
  readonly apiKey?: string;
  readonly appKey?: string;
  readonly now?: () => number;
  readonly mostBytes?: number;
  readonly mostEntries?: number;
  readonly keepsTexts?: boolean;
  /** False keeps the counters alone: for loads that do not fit into memory. */
  readonly keepsRows?: boolean;
  /** Logs that cannot be searched yet: the last so many. */
  readonly searchLag?: number;
  /** An entry for which the whole request is refused as malformed. */
  readonly refuse?: (entry: Record<string, unknown>) => boolean;
  readonly port?: number;
}

export const API_KEY = 'dd-api-key-0123456789abcdef';
export const APP_KEY = 'dd-app-key-0123456789abcdef';

const DATES = ['@timestamp', 'timestamp', '_timestamp', 'Timestamp', 'eventTime', 'date', 'published_date'];
const PAST_MS = 18 * 3_600_000;
const FUTURE_MS = 2 * 3_600_000;
const SEARCH = '/api/v2/logs/events/search';

/** Starts a server that takes, refuses and drops logs as Datadog's documentation says it does. */
export async function startDatadogLogs(switches: DatadogLogsSwitches = {}): Promise<DatadogLogsStandIn> {
  const intake = new Intake(switches);
  const server = await startServer((request) => intake.answer(request), switches);
  return over(server, {
    logs: intake.logs,
    counters: intake.counters,
    duplicates: () => intake.logs.length - new Set(intake.logs.map(({ attributes }) => attributes.event_id)).size,
  });
}

class Intake {
  readonly logs: StoredLog[] = [];
  readonly counters: Record<DatadogLogsCounter, number> = {
    accepted: 0,
    dropped_old: 0,
    dropped_future: 0,
    truncated: 0,
    violations: 0,
    searches: 0,
  };
  private readonly now: () => number;

  constructor(private readonly switches: DatadogLogsSwitches) {
    this.now = switches.now ?? Date.now;
  }

  answer(request: Received): Reply {
    const { pathname } = request.url;
    if (pathname !== '/api/v2/logs' && pathname !== SEARCH) return refusal(404, 'Not Found', 'not found');
    if (request.method !== 'POST') return refusal(405, 'Method Not Allowed', 'method not allowed');
    const key = request.headers['dd-api-key'];
    if (key === undefined) return refusal(401, 'Unauthorized', '[stand-in] API key is missing');
    if (key !== (this.switches.apiKey ?? API_KEY)) return refusal(403, 'Forbidden', 'API key is invalid');
    if (pathname === SEARCH) return this.search(request);
    if (request.url.href.length > 8_192) return refusal(414, 'URI Too Long', '[stand-in] URI too long');
    return this.intake(request);
  }

  private intake({ headers, body }: Received): Reply {
    const inflated = inflate(body, headers['content-encoding']);
    if (inflated === undefined) return malformed();
    if (inflated.length > (this.switches.mostBytes ?? 5_000_000)) return tooLarge();
    const entries = entriesIn(inflated);
    if (entries === undefined || entries.some((entry) => this.switches.refuse?.(entry))) return malformed();
    if (entries.length > (this.switches.mostEntries ?? 1_000)) return tooLarge();
    for (const entry of entries) this.store(entry, inflated.length > 1_000_000);
    this.counters.accepted += entries.length;
    return {
      status: 202,
      headers: { 'content-type': 'application/json' },
      body: '{}',
    };
  }

  private store(entry: Record<string, unknown>, mayBeLarge: boolean): void {
    const timeMs = dateOf(entry) ?? this.now();
    const text = mayBeLarge || this.switches.keepsTexts ? JSON.stringify(entry) : '';
    if (Buffer.byteLength(text) > 1_000_000) this.counters.truncated++;
    if (breaksLimits(entry)) this.counters.violations++;
    if (timeMs < this.now() - PAST_MS) this.counters.dropped_old++;
    else if (timeMs > this.now() + FUTURE_MS) this.counters.dropped_future++;
    else if (this.switches.keepsRows !== false)
      this.logs.push({ attributes: entry, timeMs, text: this.switches.keepsTexts ? text : undefined });
  }

  private search({ headers, body }: Received): Reply {
    if (headers['dd-application-key'] !== (this.switches.appKey ?? APP_KEY))
      return refusal(403, 'Forbidden', 'Forbidden');
    this.counters.searches++;
    const { filter, page } = JSON.parse(body.toString()) as {
      filter: { query: string; from: string; to: string };
      page: { limit: number; cursor?: string };
    };
    const ids = new Set(
      [...filter.query.matchAll(/"((?:[^"\\]|\\.)*)"/gu)].map(([, id = '']) => id.replace(/\\(.)/gu, '$1')),
    );
    const visible = this.logs.slice(0, this.logs.length - (this.switches.searchLag ?? 0));
    const hits = visible.filter(
      ({ attributes, timeMs }) =>
        ids.has(String(attributes.event_id)) && timeMs >= Date.parse(filter.from) && timeMs <= Date.parse(filter.to),
    );
    const start = Number(page.cursor ?? 0);
    const data = hits
      .slice(start, start + page.limit)
      .map(({ attributes }) => ({ id: 'x', type: 'log', attributes: { attributes } }));
    const next = start + page.limit;
    const meta = next < hits.length ? { page: { after: String(next) } } : {};
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ data, meta }) };
  }
}

function inflate(body: Buffer, encoding: string | undefined): Buffer | undefined {
  try {
    if (encoding === undefined || encoding === 'identity') return body;
    if (encoding === 'gzip') return gunzipSync(body, { maxOutputLength: 64 * 1024 * 1024 });
    return encoding === 'deflate' ? inflateSync(body) : undefined;
  } catch {
    return undefined;
  }
}

function entriesIn(body: Buffer): readonly Record<string, unknown>[] | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
    return entries.every(isEntry) ? entries : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(entry: unknown): entry is Record<string, unknown> {
  return typeof entry === 'object' && entry !== null && 'message' in entry && typeof entry.message === 'string';
}

/** ISO 8601, or a number that is always read as milliseconds. */
function dateOf(entry: Record<string, unknown>): number | undefined {
  const name = DATES.find((each) => entry[each] !== undefined);
  const value = name === undefined ? undefined : entry[name];
  if (typeof value === 'number') return value;
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

function breaksLimits(entry: Record<string, unknown>): boolean {
  const tags = typeof entry.ddtags === 'string' ? entry.ddtags.split(',') : [];
  if (tags.length > 100 || tags.some((tag) => tag.length > 256)) return true;
  let attributes = 0;
  let isBroken = false;
  const visit = (value: unknown, level: number): void => {
    if (typeof value !== 'object' || value === null) return;
    if (level >= 10) isBroken = true;
    for (const [key, child] of Object.entries(value)) {
      if (!Array.isArray(value)) {
        attributes++;
        if (key.length >= 50) isBroken = true;
      }
      visit(child, level + 1);
    }
  };
  visit(entry, 0);
  return isBroken || attributes >= 256;
}

function refusal(status: number, title: string, detail: string): Reply {
  return { status, body: JSON.stringify({ errors: [{ status: String(status), title, detail }] }) };
}

const malformed = () => refusal(400, 'Bad Request', 'Malformed payload');
const tooLarge = () => refusal(413, 'Request Entity Too Large', 'Request too large');
