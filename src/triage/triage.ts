import { type EventBatch, layersAt, nameOf, textOf } from '../event/batch.js';
import type { PreparedItem } from '../flow/prepare/in-order.js';
import type { PreparePool } from '../flow/prepare/pool.js';
import { untilStopped } from '../flow/until-stopped.js';
import type { PartFailure, RawBatch, Source } from '../sources/source.js';
import { type Found, Tally } from './tally.js';

/** What is looked at, and how. */
export interface Looking {
  readonly source: Source;
  /** Unwraps and, with a schema, checks. */
  readonly pool: PreparePool;
  /** Look at so many events at most. */
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
  /** Receives each batch with the signature of every line in it, for an export. */
  readonly onBatch?: ((batch: RawBatch, lines: ReadonlyMap<number, readonly string[]>) => Promise<void>) | undefined;
}

/** What was found. */
export interface Triage {
  readonly tally: Tally;
  readonly failures: readonly PartFailure[];
}

/** Looks at every letter of a source without consuming it: nothing is settled, acknowledged or changed. */
export async function triage({ source, pool, limit, signal, onBatch }: Looking): Promise<Triage> {
  const tally = new Tally();
  const failures: PartFailure[] = [];
  for await (const item of untilStopped(source.batches([], signal), signal)) {
    if (item.kind === 'failure') {
      failures.push(item);
      continue;
    }
    const kept = onBatch === undefined ? item : { ...item, bytes: item.bytes.slice(), ...spansOf(item) };
    const lines = tallyBatch(tally, { kind: 'prepared', raw: item, prepared: await pool.prepare(inputOf(item)) });
    await onBatch?.(kept, lines);
    if (signal.aborted || (limit !== undefined && tally.events >= limit)) break;
  }
  return { tally, failures };
}

function inputOf({ format, bytes, spans, spanLines }: RawBatch) {
  return { format, bytes, ...(spans && { spans }), ...(spanLines && { spanLines }) };
}

/** The bounds move to the worker with the bytes: who needs them afterwards has a copy. */
function spansOf({ spans, spanLines }: RawBatch) {
  return { ...(spans && { spans: spans.slice() }), ...(spanLines && { spanLines: spanLines.slice() }) };
}

function tallyBatch(tally: Tally, { raw, prepared }: PreparedItem): ReadonlyMap<number, readonly string[]> {
  const lines = new Map<number, string[]>();
  const add = (line: number, found: Found) => {
    const ids = lines.get(line) ?? [];
    ids.push(tally.add(found));
    lines.set(line, ids);
  };
  const { events, held } = prepared;
  for (let i = 0; i < events.count; i++) add(events.lines[i] ?? 0, eventAt(events, i));
  for (const record of held) {
    const { line, name = '', timeUs = Number.NaN, layers = [], attempts, raw: json } = record;
    add(line, { name, timeUs, layers, attempts, json, held: record });
  }
  for (const { code, message, line, raw: bytes } of raw.undecodable) {
    const problem = { kind: 'undecodable' as const, problems: [{ code, message }] };
    add(line, {
      name: '',
      timeUs: Number.NaN,
      layers: [],
      attempts: 0,
      json: bytes ?? new Uint8Array(0),
      held: problem,
    });
  }
  return lines;
}

function eventAt(events: EventBatch, i: number): Found {
  return {
    name: nameOf(events, i),
    timeUs: events.timesUs[i] ?? Number.NaN,
    layers: layersAt(events, i) ?? [],
    attempts: events.attempts?.[i] ?? 0,
    json: textOf(events, i),
  };
}
