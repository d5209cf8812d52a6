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

interface Way {
  readonly sender: Sender;
  readonly apiKey: string;
  readonly moreTags: readonly string[];
}

/**
 * Sends distribution points, which add up on the far side: what has no answer is unknown. A request that is refused is
 * halved down to the event that makes it so.
 * @throws SinkUnavailableError when certainly nothing was sent.
 */
export async function sendDistributions(
  events: readonly EventPoints[],
  way: Way,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, Verdict>> {
  const verdicts = new Map<number, Verdict>();
  const settle = (chunk: readonly EventPoints[], verdict: Verdict) => {
    for (const { index } of chunk) verdicts.set(index, verdict);
  };
  let hasLearnt = false;
  const send = async (chunk: readonly EventPoints[]): Promise<void> => {
    const sent = await post(chunk, way, signal).catch((error: unknown) => {
      // Behind the first answer something is known: the rest is held back instead.
      if (!hasLearnt || signal.aborted) throw error;
      return { kind: 'exhausted', reason: error instanceof Error ? error.message : String(error) } as const;
    });
    hasLearnt = true;
    const verdict = verdictOf(sent);
    if (verdict.kind !== 'rejected' || chunk.length === 1) {
      settle(chunk, verdict);
      return;
    }
    const middle = Math.ceil(chunk.length / 2);
    await send(chunk.slice(0, middle));
    await send(chunk.slice(middle));
  };
  for (let at = 0; at < events.length; at += EVENTS_A_REQUEST) await send(events.slice(at, at + EVENTS_A_REQUEST));
  return verdicts;
}

async function post(chunk: readonly EventPoints[], { sender, apiKey, moreTags }: Way, signal: AbortSignal) {
  const headers = { 'dd-api-key': apiKey, 'content-type': 'text/json', 'content-encoding': 'deflate' };
  const json = Buffer.from(JSON.stringify({ series: seriesOf(chunk, moreTags) }));
  const request = { method: 'POST', path: PATH, headers, body: await compress(json) } as const;
  return sender.send({ request, events: chunk.length, bytes: json.length }, signal);
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
