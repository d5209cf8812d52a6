import type { StoredEvent } from './mixpanel.js';
import type { Received, Reply } from './server.js';

/** What can go wrong with an export. */
export interface ExportSwitches {
  /** Rows behind which the stream ends early, with Mixpanel's own words, or in the middle of a row. */
  readonly endsEarly?: { readonly afterRows: number; readonly how: 'words' | 'cut' } | undefined;
  /** Events that came in later than this long ago are not exported yet. */
  readonly visibleAfterMs?: number;
  readonly exportsPerHour?: number;
  readonly exportsPerSecond?: number;
}

interface Store {
  readonly raw: readonly StoredEvent[];
  readonly switches: ExportSwitches;
  readonly nowMs: number;
  /** Times of earlier exports; this one is added. */
  readonly earlier: number[];
}

const DAY = /^\d{4}-\d{2}-\d{2}$/u;

/** Answers `GET /api/2.0/export`: every copy of every event of whole UTC days, one JSON text a line. */
export function exportAnswer({ url }: Received, store: Store): Reply {
  const from = url.searchParams.get('from_date') ?? '';
  const to = url.searchParams.get('to_date') ?? '';
  if (!DAY.test(from) || !DAY.test(to) || from > to) {
    return { status: 400, body: JSON.stringify({ error: '[stand-in] from_date and to_date', status: 'error' }) };
  }
  if (isTooOften(store)) {
    return {
      status: 429,
      body: JSON.stringify({ error: 'too many export requests in the last hour.', status: 'error' }),
    };
  }
  const isMs = url.searchParams.get('time_in_ms') === 'true';
  const rows = rowsOf(store, from, to).map((row) => JSON.stringify(exported(row, isMs)));
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: ended(rows, store.switches.endsEarly) };
}

function isTooOften({ earlier, switches, nowMs }: Store): boolean {
  const { exportsPerHour = 60, exportsPerSecond = 3 } = switches;
  const since = (ms: number) => earlier.filter((at) => at > nowMs - ms).length;
  if (since(3_600_000) >= exportsPerHour || since(1_000) >= exportsPerSecond) return true;
  earlier.push(nowMs);
  return false;
}

function rowsOf({ raw, switches, nowMs }: Store, from: string, to: string): readonly StoredEvent[] {
  const visible = nowMs - (switches.visibleAfterMs ?? 0);
  return raw.filter(({ timeMs, ingestedMs }) => {
    const day = new Date(timeMs).toISOString().slice(0, 10);
    return day >= from && day <= to && ingestedMs <= visible;
  });
}

function exported({ event, properties, timeMs, ingestedMs }: StoredEvent, isMs: boolean): object {
  const { ip, ...others } = properties;
  return {
    event,
    properties: {
      ...others,
      time: isMs ? timeMs : Math.floor(timeMs / 1_000),
      $import: true,
      $mp_api_endpoint: 'api.mixpanel.com',
      $mp_api_timestamp_ms: ingestedMs,
      $mp_event_size: 400,
      mp_processing_time_ms: ingestedMs,
      mp_sent_by_lib_version: '',
    },
  };
}

function ended(rows: readonly string[], endsEarly: ExportSwitches['endsEarly']): string {
  if (endsEarly === undefined) return rows.map((row) => `${row}\n`).join('');
  const whole = rows
    .slice(0, endsEarly.afterRows)
    .map((row) => `${row}\n`)
    .join('');
  const next = rows[endsEarly.afterRows] ?? '';
  return endsEarly.how === 'words' ? `${whole}export terminated early\n` : `${whole}${next.slice(0, next.length / 2)}`;
}
