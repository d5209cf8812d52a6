import { gunzipSync } from 'node:zlib';
import type { Faults } from './faults.js';
import { type ExportSwitches, exportAnswer } from './mixpanel-export.js';
import { problemOf, type Refusal, timeMsOf } from './mixpanel-rules.js';
import { over, type Received, type Reply, type StandInServer, startServer } from './server.js';

/** An event as Mixpanel keeps it. */
export interface StoredEvent {
  readonly event: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** The JSON text of the record as it came; undefined when texts are not kept. */
  readonly text: string | undefined;
  readonly ingestedMs: number;
}

/** What a test can look at. */
export interface MixpanelStandIn extends StandInServer {
  /** Every copy that was taken, in the order of arrival: never deduplicated. */
  readonly raw: readonly StoredEvent[];
  /** What reports show: of events with equal name, user, time and `$insert_id` the one that came last. */
  query(): readonly StoredEvent[];
  /** What is left once Mixpanel has merged events of one UTC day with equal name, user and `$insert_id`. */
  compacted(): readonly StoredEvent[];
  /** How often something happened that an import should not do, or should know of. */
  readonly counters: Readonly<Record<MixpanelCounter, number>>;
  /** Bodies that arrived, as they came over the wire, when they are kept. */
  readonly bodies: readonly Buffer[];
}

export type MixpanelCounter =
  | 'imported'
  | 'refused'
  | 'time_overwritten'
  | 'truncated'
  | 'ignored'
  | 'geo_from_request_ip'
  | 'not_strict'
  | 'rate_limited';

/** How the stand-in behaves; what is nobody's documented behaviour is a switch of its own. */
export interface MixpanelSwitches extends ExportSwitches {
  readonly faults?: Faults;
  /** `user:secret` of the service account, its project, and the project's token. */
  readonly account?: string;
  readonly project?: string;
  readonly token?: string;
  readonly now?: () => number;
  /** A rolling minute's allowance. */
  readonly eventsPerMinute?: number;
  readonly bytesPerMinute?: number;
  /** A batch that holds identity events is refused whole, with texts for records. */
  readonly simplifiedIdentity?: boolean;
  readonly mostBytes?: number;
  readonly mostEvents?: number;
  /** Keep the text of each record and the bodies. */
  readonly keepsTexts?: boolean;
  /** False keeps the counters alone: for loads that do not fit into memory. */
  readonly keepsRows?: boolean;
  /** Records that are refused besides, by their number in the order of arrival or their content. */
  readonly refuse?: (record: {
    readonly event: string;
    readonly properties: Record<string, unknown>;
  }) => Refusal | undefined;
  /** Use `insert_id` (the API's description) or `$insert_id` (its prose) in failed records. */
  readonly failedIdKey?: 'insert_id' | '$insert_id';
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
}

export const ACCOUNT = 'respool.a1b2c3:service-secret-xyz';
export const PROJECT = '2195193';
export const TOKEN = 'project-token-0123456789abcdef';

const IDENTITY_EVENTS = ['$identify', '$create_alias', '$merge'];
const MINUTE_MS = 60_000;

/** Starts a server that takes and refuses events as Mixpanel's documentation says it does. */
export async function startMixpanel(switches: MixpanelSwitches = {}): Promise<MixpanelStandIn> {
  const project = new Project(switches);
  const server = await startServer((request) => project.answer(request), switches);
  return over(server, {
    raw: project.raw,
    query: () => project.query(),
    compacted: () => project.compacted(),
    counters: project.counters,
    bodies: project.bodies,
  });
}

class Project {
  readonly raw: StoredEvent[] = [];
  readonly bodies: Buffer[] = [];
  readonly counters: Record<MixpanelCounter, number> = {
    imported: 0,
    refused: 0,
    time_overwritten: 0,
    truncated: 0,
    ignored: 0,
    geo_from_request_ip: 0,
    not_strict: 0,
    rate_limited: 0,
  };
  private readonly recent: { readonly atMs: number; readonly events: number; readonly bytes: number }[] = [];
  private readonly exports: number[] = [];
  private readonly now: () => number;

  constructor(private readonly switches: MixpanelSwitches) {
    this.now = switches.now ?? Date.now;
  }

  answer(request: Received): Reply {
    const { pathname } = request.url;
    if (pathname === '/import' && request.method === 'POST') return this.import(request);
    if (pathname === '/api/2.0/export' && request.method === 'GET') {
      if (!this.isKnown(request)) return error(401, 'Invalid credentials', 'Unauthorized');
      return exportAnswer(request, {
        raw: this.raw,
        switches: this.switches,
        nowMs: this.now(),
        earlier: this.exports,
      });
    }
    return error(404, 'not found', 'Not Found');
  }

  query(): readonly StoredEvent[] {
    return [...new Map(this.raw.map((row) => [queryKey(row), row])).values()];
  }

  compacted(): readonly StoredEvent[] {
    const dayOf = ({ timeMs }: StoredEvent) => Math.floor(timeMs / 86_400_000);
    const keyOf = (row: StoredEvent) =>
      JSON.stringify([row.event, row.properties.distinct_id, row.properties.$insert_id, dayOf(row)]);
    return [...new Map(this.raw.map((row) => [keyOf(row), row])).values()];
  }

  private isKnown({ headers, url }: Received): boolean {
    const { account = ACCOUNT, project = PROJECT, token = TOKEN } = this.switches;
    const [scheme, words = ''] = (headers.authorization ?? '').split(' ');
    if (scheme !== 'Basic') return false;
    const said = Buffer.from(words, 'base64').toString();
    const asked = url.searchParams.get('project_id');
    if (said === account) return asked === project;
    return said === `${token}:` && (asked === null || asked === project);
  }

  private import(request: Received): Reply {
    if (!this.isKnown(request)) return error(401, 'Invalid credentials', 'Unauthorized');
    const type = (request.headers['content-type'] ?? '').split(';')[0];
    const encoding = request.headers['content-encoding'];
    const isNdjson = type === 'application/x-ndjson';
    if (type !== 'application/json' && !isNdjson) return error(400, '[stand-in] content type', 'Bad Request');
    if (encoding !== undefined && encoding !== 'gzip') return error(400, '[stand-in] content encoding', 'Bad Request');
    const body = inflated(request.body, encoding);
    if (body === undefined) return error(400, '[stand-in] the body does not inflate', 'Bad Request');
    const { mostBytes = 10_000_000, mostEvents = 2_000 } = this.switches;
    if (body.length > mostBytes) return tooLarge();
    const parsed = parse(body, isNdjson);
    if (parsed === undefined) return error(400, '[stand-in] the body is no JSON', 'Bad Request');
    const limited = this.limit(parsed.length, body.length);
    if (limited !== undefined) return limited;
    if (parsed.length === 0) return error(400, '[stand-in] an empty list', 'Bad Request');
    if (parsed.length > mostEvents) return tooLarge();
    if (this.switches.keepsTexts) this.bodies.push(request.body);
    if (request.url.searchParams.get('strict') === '0') {
      this.counters.not_strict++;
      return { status: 200, body: '1' };
    }
    return this.take(parsed, {
      texts: this.switches.keepsTexts ? textsOf(body, isNdjson) : undefined,
      bytes: body.length,
    });
  }

  /** A rolling minute; what is refused counts, too. */
  private limit(events: number, bytes: number): Reply | undefined {
    const { eventsPerMinute = 1_800_000, bytesPerMinute = 2_000_000_000 } = this.switches;
    const atMs = this.now();
    while (this.recent.length > 0 && (this.recent[0]?.atMs ?? 0) <= atMs - MINUTE_MS) this.recent.shift();
    const total = this.recent.reduce(
      (sum, each) => ({ events: sum.events + each.events, bytes: sum.bytes + each.bytes }),
      {
        events,
        bytes,
      },
    );
    if (total.events > eventsPerMinute || total.bytes > bytesPerMinute) {
      this.counters.rate_limited++;
      return error(
        429,
        'Project exceeded rate limits. Please retry the request with exponential backoff.',
        'Too Many Requests',
      );
    }
    this.recent.push({ atMs, events, bytes });
    return undefined;
  }

  private take(
    records: readonly unknown[],
    { texts, bytes }: { readonly texts: readonly string[] | undefined; readonly bytes: number },
  ): Reply {
    if (this.switches.simplifiedIdentity && records.some(isIdentityEvent)) {
      const said = 'identity events are not allowed when project is using simplified identity management';
      return failed(0, [said]);
    }
    const failures: object[] = [];
    let taken = 0;
    for (const [index, record] of records.entries()) {
      const refusal = problemOf(record, this.now(), bytes >= 1_000_000) ?? this.switches.refuse?.(record as never); // it has the right shape by then
      if (refusal === undefined) {
        this.store(record as never, texts?.[index]); // has passed all rules
        taken++;
      } else {
        const insertId = (record as { properties?: { $insert_id?: unknown } } | null)?.properties?.$insert_id ?? '';
        failures.push({ index, [this.switches.failedIdKey ?? 'insert_id']: insertId, ...refusal });
      }
    }
    this.counters.imported += taken;
    this.counters.refused += failures.length;
    if (failures.length > 0) return failed(taken, failures);
    return { status: 200, body: JSON.stringify({ code: 200, num_records_imported: taken, status: 'OK' }) };
  }

  private store(record: { event: string; properties: Record<string, unknown> }, text: string | undefined): void {
    const { properties } = record;
    const nowMs = this.now();
    if (properties.$ignore === true || (typeof properties.$ignore === 'string' && properties.$ignore !== '')) {
      this.counters.ignored++;
      return;
    }
    let timeMs = timeMsOf(Number(properties.time));
    if (timeMs > nowMs) {
      timeMs = nowMs;
      this.counters.time_overwritten++;
    }
    if (!('ip' in properties)) this.counters.geo_from_request_ip++;
    for (const name in properties) {
      const value = properties[name];
      if (typeof value === 'string' && value.length > 255) {
        properties[name] = value.slice(0, 255);
        this.counters.truncated++;
      }
    }
    if (this.switches.keepsRows === false) return;
    this.raw.push({ event: record.event, properties, timeMs, text, ingestedMs: nowMs });
  }
}

function queryKey({ event, properties, timeMs }: StoredEvent): string {
  return JSON.stringify([event, properties.distinct_id, timeMs, properties.$insert_id]);
}

function isIdentityEvent(record: unknown): boolean {
  return IDENTITY_EVENTS.includes((record as { event?: string } | null)?.event ?? '');
}

function inflated(body: Buffer, encoding: string | undefined): Buffer | undefined {
  if (encoding === undefined) return body;
  try {
    return gunzipSync(body, { maxOutputLength: 64 * 1024 * 1024 });
  } catch {
    return undefined;
  }
}

function parse(body: Buffer, isNdjson: boolean): readonly unknown[] | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const value: unknown = isNdjson
      ? text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => JSON.parse(line))
      : JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The text of each record: what was sent stands between the brackets, split where the nesting is back at the top. */
function textsOf(body: Buffer, isNdjson: boolean): readonly string[] {
  const text = body.toString();
  if (isNdjson) return text.split('\n').filter((line) => line !== '');
  const texts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
    } else if (character === '{' || character === '[') {
      if (++depth === 2) start = i;
    } else if (character === '}' || character === ']') {
      if (--depth === 1) texts.push(text.slice(start, i + 1));
    }
  }
  return texts;
}

function error(code: number, message: string, status: string): Reply {
  return { status: code, body: JSON.stringify({ code, error: message, status }) };
}

function tooLarge(): Reply {
  return error(413, 'request exceeds max limit of 2097152 bytes', 'Request Entity Too Large');
}

function failed(taken: number, records: readonly unknown[]): Reply {
  const said = 'some data points in the request failed validation';
  const body = { code: 400, error: said, status: 'Bad Request', num_records_imported: taken, failed_records: records };
  return { status: 400, body: JSON.stringify(body) };
}
