import { SinkUnavailableError } from '../../errors.js';
import { jsonObjectIn } from '../http/answer.js';
import type { Sender } from '../http/sender.js';
import type { Sink, TimeWindow } from '../sink.js';

/** Ids in one query, and logs on one page (https://docs.datadoghq.com/api/latest/logs/#search-logs). */
const IDS_AT_ONCE = 100;
const PAGE = 1_000;
const PATH = '/api/v2/logs/events/search';
/** One id has few copies; whoever has more pages than this is not looking for ids any more. */
const MOST_PAGES = 50;

interface Keys {
  readonly apiKey: string;
  readonly appKey: string;
}

/** Opens the search for logs by the ids of their events. */
export function createLogSearch(sender: Sender, { apiKey, appKey }: Keys): Required<Sink>['find'] {
  const headers = { 'dd-api-key': apiKey, 'dd-application-key': appKey, 'content-type': 'application/json' };
  return async (ids, within, signal) => {
    const found = new Set<string>();
    for (let at = 0; at < ids.length; at += IDS_AT_ONCE) {
      const wanted = ids.slice(at, at + IDS_AT_ONCE);
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const body = Buffer.from(JSON.stringify(queryFor(wanted, within, cursor)));
        const request = { method: 'POST', path: PATH, headers, body } as const;
        const sent = await sender.send({ request, events: 1, bytes: body.length }, signal);
        const json = sent.kind === 'answer' && sent.status === 200 ? jsonObjectIn(sent) : undefined;
        if (json === undefined) throw notAsked(sent.kind === 'answer' ? `status ${sent.status}` : sent.kind);
        for (const id of idsIn(json)) found.add(id);
        cursor = cursorIn(json);
        if (cursor === undefined) break;
      }
    }
    return new Set(ids.filter((id) => found.has(id)));
  };
}

function notAsked(why: string): SinkUnavailableError {
  return new SinkUnavailableError(`Datadog's logs could not be searched (${why})`, { cure: 'wait' });
}

function queryFor(ids: readonly string[], { fromMs, toMs }: TimeWindow, cursor: string | undefined): object {
  const terms = ids.map((id) => `"${id.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  return {
    filter: {
      query: `@event_id:(${terms.join(' OR ')})`,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
    },
    page: { limit: PAGE, ...(cursor !== undefined && { cursor }) },
  };
}

/** The attribute `event_id` of each log, under `data[].attributes.attributes`. */
function idsIn(json: Readonly<Record<string, unknown>>): readonly string[] {
  const logs: readonly unknown[] = Array.isArray(json.data) ? json.data : [];
  return logs.flatMap((log) => {
    const id = memberOf(memberOf(memberOf(log, 'attributes'), 'attributes'), 'event_id');
    return typeof id === 'string' ? [id] : [];
  });
}

function cursorIn(json: Readonly<Record<string, unknown>>): string | undefined {
  const after = memberOf(memberOf(json.meta, 'page'), 'after');
  return typeof after === 'string' && after !== '' ? after : undefined;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined; // an object has string keys
}
