import { roundedOff } from '../../src/event/exact-time.js';
import { createTimeReader } from '../../src/event/time.js';
import { ColumnsBuilder } from '../../src/flow/prepare/columns.js';
import { Cursor } from '../../src/flow/prepare/cursor.js';
import { createEncodeAgain } from '../../src/flow/prepare/encode-again.js';
import { inspectText } from '../../src/flow/prepare/parse.js';
import { createEncoder } from '../../src/sinks/postgres/encode/encoder.js';
import { createKeyEncoder } from '../../src/sinks/postgres/encode/key-encoder.js';
import type { Delivery, Encoder, EncoderRefusal, Sink, Verdict } from '../../src/sinks/sink.js';

/** Top-level fields of test events. */
export interface TestFields {
  readonly id: string;
  readonly time: string;
  readonly name: string;
}

const TEST_FIELDS: TestFields = { id: 'event_id', time: 'occurred_at', name: 'name' };

/** Fields as sinks are told of them. */
export function fieldsOf(fields: TestFields = TEST_FIELDS) {
  const choice = (name: string) => ({ pointer: [name], text: `/${name}`, why: 'flag' as const });
  return { id: choice(fields.id), name: choice(fields.name), time: choice(fields.time) };
}

/** Makes a real delivery of events, given as objects or as their JSON text, through the sink's own encoder. */
export function deliveryOf(
  sink: Pick<Sink, 'encoder'>,
  events: readonly (object | string)[],
  fields: TestFields = TEST_FIELDS,
  makeEncoder: (options: unknown) => Encoder = createEncoder,
): Delivery {
  const texts = events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
  const text = new Uint8Array(Buffer.from(texts.join('\n')));
  const encoder = sink.encoder && makeEncoder(sink.encoder.options);
  const columns = new ColumnsBuilder();
  const cursor = new Cursor();
  const readTime = createTimeReader({ timezone: 'UTC' });
  const refused: EncoderRefusal[] = [];
  let end = -1;
  for (const [index, json] of texts.entries()) {
    const value = JSON.parse(json);
    const start = end + 1;
    end = start + Buffer.byteLength(json);
    cursor.moveTo({ text, start, end, line: index, offset: start });
    cursor.value = value;
    inspectText(cursor);
    cursor.id = String(value[fields.id] ?? `derived-${json}`);
    cursor.name = String(value[fields.name] ?? '');
    cursor.timeUs = readTime(value[fields.time]);
    cursor.timeRest = roundedOff(cursor.timeUs, value[fields.time]);
    columns.add(cursor);
    const verdict = encoder?.add(cursor, index);
    if (verdict !== undefined) refused.push({ index, verdict });
  }
  const batch = columns.finish(text);
  const encode = createEncodeAgain(sink.encoder)?.bind(undefined, batch);
  return { events: batch, encoded: encoder?.finish(text).data, refused, ...(encode && { encode }) };
}

/** The same delivery to a Postgres sink with the keys of the events alone. */
export function keysOf(sink: Pick<Sink, 'encoder'>, events: readonly (object | string)[]): Delivery {
  return { ...deliveryOf(sink, events, TEST_FIELDS, createKeyEncoder), isOfKeys: true };
}

/** Delivers events and resolves to the verdicts. */
export function deliver(
  sink: Sink,
  events: readonly (object | string)[],
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly Verdict[]> {
  return sink.deliver(deliveryOf(sink, events), signal);
}

/** How many verdicts there are of each kind. */
export function count(verdicts: readonly Verdict[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of verdicts) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
