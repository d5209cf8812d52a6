import { type EventBatch, idOf, nameOf, textOf } from '../../event/batch.js';
import type { JsonObject } from '../../event/event.js';
import type { Delivery, EncodedAgain, Encoder, EncoderReference, EncoderRefusal } from '../../sinks/sink.js';
import { Cursor } from './cursor.js';
import { loadEncoder, loadKeyEncoder } from './load.js';
import { inspectText } from './parse.js';

/** Encodes events of a batch once more, out of their bytes. */
type EncodeAgain = (
  batch: EventBatch,
  ...asked: Parameters<NonNullable<Delivery['encode']>>
) => ReturnType<NonNullable<Delivery['encode']>>;

/** Opens it on the calling thread, for few events; undefined for an encoder that has no keys. */
export function createEncodeAgain(reference: EncoderReference | undefined): EncodeAgain | undefined {
  if (reference?.keyModule === undefined) return undefined;
  const cursor = new Cursor();
  const encoders = new Map<'whole' | 'keys', Promise<Encoder>>();
  const open = async (what: 'whole' | 'keys') => {
    const create = await (what === 'whole' ? loadEncoder(reference) : loadKeyEncoder(reference));
    if (create === undefined) throw new Error(`${reference.module} has no encoder of keys`);
    return create();
  };
  return async (batch, what, events) => {
    const encoder = encoders.get(what) ?? open(what);
    encoders.set(what, encoder);
    return encode(await encoder, cursor, batch, events);
  };
}

function encode(encoder: Encoder, cursor: Cursor, batch: EventBatch, events: Iterable<number>): EncodedAgain {
  const refused: EncoderRefusal[] = [];
  const indexes = [...events];
  const texts = indexes.map((index) => textOf(batch, index));
  const text = new Uint8Array(Buffer.concat(texts));
  let end = 0;
  for (const [at, index] of indexes.entries()) {
    const start = end;
    end += texts[at]?.length ?? 0;
    cursor.moveTo({ text, start, end, line: 0, offset: 0 });
    // What went through a preparation once is the JSON object it was.
    cursor.value = JSON.parse(cursor.slice(start, end)) as JsonObject;
    inspectText(cursor);
    cursor.id = idOf(batch, index);
    cursor.name = nameOf(batch, index);
    cursor.timeUs = batch.timesUs[index] ?? Number.NaN;
    cursor.timeRest = batch.timeRests?.[index] ?? 0;
    const verdict = encoder.add(cursor, index);
    if (verdict !== undefined) refused.push({ index, verdict });
  }
  return { encoded: encoder.finish(text).data, refused };
}
