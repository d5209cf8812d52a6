import type { DecodedRecord, JsonObject } from '../event/event.js';
import { elementSpans, locatePointer } from '../event/locate.js';
import { valueAt } from '../event/pointer.js';
import type { Decoder, PartFailure, RawBatch, Source } from '../sources/source.js';
import { isObject } from './prepare/parse.js';
import { isQuarantineLine } from './prepare/quarantine-line.js';
import { untilStopped } from './until-stopped.js';

const ENOUGH = 1_000;
/** So much is looked at when it holds events, and so much when it holds none. */
const ENOUGH_BYTES = 1024 * 1024;
const MOST_BYTES = 32 * 1024 * 1024;

/** A source whose beginning has been looked at, and is yielded all the same. */
export interface Peeked {
  readonly source: Source;
  /** The first events, at most 1,000; quarantined ones unwrapped. */
  readonly samples: readonly JsonObject[];
}

/**
 * Looks at the first events of a source, which is read from its beginning and only once.
 * @throws the signal's reason when the user stops before anything has been seen.
 */
export async function peek(source: Source, split: readonly string[] | undefined, signal: AbortSignal): Promise<Peeked> {
  const iterator = untilStopped(source.batches([], signal), signal);
  const seen: (RawBatch | PartFailure)[] = [];
  const samples: JsonObject[] = [];
  const decoder = await openDecoder(source);
  for (let bytes = 0; isTooLittle(samples.length, bytes); ) {
    const next = await iterator.next();
    if (next.done) break;
    seen.push(next.value);
    if (next.value.kind === 'failure') continue;
    bytes += next.value.bytes.length;
    collect(decoder, next.value, { split, samples });
  }
  signal.throwIfAborted();
  const batches = async function* () {
    try {
      yield* seen.splice(0);
      yield* iterator;
    } finally {
      await iterator.return(undefined);
    }
  };
  const close = async () => {
    await iterator.return(undefined);
    await source[Symbol.asyncDispose]();
  };
  return { samples, source: { ...plainOf(source), batches, [Symbol.asyncDispose]: close } };
}

function isTooLittle(samples: number, bytes: number): boolean {
  return samples === 0 ? bytes < MOST_BYTES : samples < ENOUGH && bytes < ENOUGH_BYTES;
}

function plainOf(source: Source): Pick<Source, 'label' | 'parts' | 'decoder' | 'notes'> {
  return {
    label: source.label,
    parts: source.parts,
    decoder: source.decoder,
    ...(source.notes === undefined ? {} : { notes: source.notes }),
  };
}

async function openDecoder({ decoder }: Source): Promise<Decoder> {
  const module: { createDecoder(options: unknown): Decoder } = await import(decoder.module);
  return module.createDecoder(decoder.options);
}

interface Collection {
  readonly split: readonly string[] | undefined;
  readonly samples: JsonObject[];
}

function collect(decoder: Decoder, batch: RawBatch, { split, samples }: Collection): void {
  const take = (value: unknown) => {
    if (isObject(value) && samples.length < ENOUGH) samples.push(value);
  };
  decoder.decode(
    batch,
    (record) => {
      if (samples.length >= ENOUGH) return;
      const value = parse(record, record);
      if (isQuarantineLine(value)) take(valueAt(value, ['event']));
      else if (split === undefined) take(value);
      else for (const element of elements(record, split)) take(parse(record, element));
    },
    () => undefined,
  );
}

function elements(record: DecodedRecord, split: readonly string[]) {
  if (parse(record, record) === undefined) return [];
  const span = locatePointer(record.text, record, split);
  return (span && elementSpans(record.text, span)) ?? [];
}

function parse({ text }: DecodedRecord, { start, end }: { readonly start: number; readonly end: number }): unknown {
  try {
    return JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8', start, end));
  } catch {
    return undefined;
  }
}
