import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { wordsOf } from '../http/answer.js';
import type { Sender } from '../http/sender.js';
import type { Verdict } from '../sink.js';
import type { Measurement } from './measure.js';

/** The distribution points of one event of a delivery. */
export interface EventPoints {
  readonly index: number;
  readonly measurements: readonly Measurement[];
}

const compress = promisify(deflate);
const PATH = '/api/v1/distribution_points';
/** All points of an event are in one request, so that it has one answer. */
const EVENTS_A_REQUEST = 2_000;

/**
 * Sends distribution points, which add up on the far side: what has no answer is unknown.
 * @throws SinkUnavailableError when certainly nothing was sent.
 */
export async function sendDistributions(
  events: readonly EventPoints[],
  {
    sender,
    apiKey,
    moreTags,
  }: { readonly sender: Sender; readonly apiKey: string; readonly moreTags: readonly string[] },
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Verdict>> {
  const verdicts = new Map<number, Verdict>();
  const headers = { 'dd-api-key': apiKey, 'content-type': 'text/json', 'content-encoding': 'deflate' };
  for (let at = 0; at < events.length; at += EVENTS_A_REQUEST) {
    const chunk = events.slice(at, at + EVENTS_A_REQUEST);
    const json = Buffer.from(JSON.stringify({ series: seriesOf(chunk, moreTags) }));
    const request = { method: 'POST', path: PATH, headers, body: await compress(json) } as const;
    const load = { request, events: chunk.length, bytes: json.length };
    const sent = await sender.send(load, signal).catch((error: unknown) => {
      // Behind the first answer something is known: the rest is held back instead.
      if (verdicts.size === 0 || signal.aborted) throw error;
      return { kind: 'exhausted', reason: error instanceof Error ? error.message : String(error) } as const;
    });
    const verdict = verdictOf(sent);
    for (const { index } of chunk) verdicts.set(index, verdict);
  }
  return verdicts;
}

function verdictOf(sent: Awaited<ReturnType<Sender['send']>>): Verdict {
  if (sent.kind === 'lost') return { kind: 'unknown', reason: sent.reason };
  if (sent.kind === 'exhausted') return { kind: 'unsent', reason: sent.reason };
  if (sent.kind === 'stale') return { kind: 'unsent', reason: 'it became too old while it waited' };
  if (sent.status >= 200 && sent.status < 300) return { kind: 'accepted' };
  const words = wordsOf(sent);
  const reason = `Datadog refuses the points with status ${sent.status}${words === '' ? '' : `: ${words}`}`;
  return { kind: 'rejected', code: 'refused_by_service', reason };
}

function seriesOf(events: readonly EventPoints[], moreTags: readonly string[]) {
  const series = new Map<string, { head: object; points: Map<number, number[]> }>();
  for (const { rule, host, tags, second, value } of events.flatMap(({ measurements }) => measurements)) {
    const head = {
      ...{ metric: rule.metric, type: 'distribution', tags: [...tags, ...moreTags] },
      ...(host !== undefined && { host }),
    };
    const id = JSON.stringify(head);
    const open = series.get(id) ?? { head, points: new Map<number, number[]>() };
    series.set(id, open);
    open.points.set(second, [...(open.points.get(second) ?? []), value]);
  }
  return [...series.values()].map(({ head, points }) => ({ ...head, points: [...points] }));
}
