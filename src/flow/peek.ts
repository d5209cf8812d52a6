import { textOf } from '../event/batch.js';
import type { DecodedRecord, JsonObject } from '../event/event.js';
import { parseOrUndefined } from '../event/parse-or-undefined.js';
import { handfulsOf } from '../sources/handfuls.js';
import { withLetterLines } from '../sources/letter-batch.js';
import { loadDecoder } from '../sources/load-decoder.js';
import type { DecoderReference, Handful, RawBatch, Source } from '../sources/source.js';
import type { UnwrapperReference } from '../sources/unwrapper.js';
import { isObject } from './prepare/parse.js';
import type { RepairSpec } from './repair/rule.js';
import { untilStopped } from './until-stopped.js';

const ENOUGH = 1_000;
/** So much is looked at when it holds events, and so much when it holds none. */
const ENOUGH_BYTES = 1024 * 1024;
const MOST_BYTES = 32 * 1024 * 1024;

/** A source whose beginning has been looked at, and is yielded all the same. */
export interface Peeked {
  readonly source: Source;
  /** The first events, at most `enough`; quarantined ones unwrapped. */
  readonly samples: readonly JsonObject[];
  /** Whether all of the source has been read already: it is small. */
  readonly isWhole: boolean;
}

/** What a record may hold besides one event. */
interface RecordShape {
  readonly split?: readonly string[];
  readonly unwrapper?: UnwrapperReference;
  /** What mends events: their fields are chosen by what they will be. */
  readonly repair?: RepairSpec;
  /** So many events are looked at; 1,000 when absent. */
  readonly enough?: number;
}

/**
 * Looks at the first events of a source, which is read from its beginning and only once.
 * @throws the signal's reason when the user stops before anything has been seen.
 */
export async function peek(source: Source, looking: RecordShape, signal: AbortSignal): Promise<Peeked> {
  const { enough = ENOUGH, ...shape } = looking;
  const iterator = untilStopped(handfulsOf(source, signal), signal);
  const seen: Handful[] = [];
  const samples: JsonObject[] = [];
  const isPlain = Object.values(shape).every((each) => each === undefined);
  const collect = await (isPlain
    ? plainCollector(source.decoder, enough)
    : preparingCollector(source.decoder, { ...shape, enough }));
  // A queue gives out what is there; to wait for more would hold messages for nothing.
  const isTooLittle = (bytes: number) =>
    samples.length === 0 ? bytes < MOST_BYTES : samples.length < enough && bytes < ENOUGH_BYTES;
  const isEnough = () => source.settles === 'messages' && samples.length > 0;
  // Handfuls of small files cost next to nothing, and a source that is small as a whole need not be measured any more.
  const isCheap = source.handfuls !== undefined;
  const goesOn = (bytes: number) => isTooLittle(bytes) || (isCheap && bytes < ENOUGH_BYTES);
  let isWhole = false;
  for (let bytes = 0; goesOn(bytes) && !isEnough(); ) {
    const next = await iterator.next();
    isWhole = next.done === true;
    if (next.done) break;
    seen.push(next.value);
    for (const item of next.value) {
      if (item.kind === 'failure') continue;
      if (isTooLittle(bytes)) collect(item, samples);
      bytes += item.bytes.length;
    }
  }
  signal.throwIfAborted();
  const handfuls = async function* () {
    try {
      yield* seen.splice(0);
      yield* iterator;
    } finally {
      await iterator.return(undefined);
    }
  };
  const batches = async function* () {
    for await (const handful of handfuls()) yield* handful;
  };
  const close = async () => {
    // A read that waits for messages ends when its source does.
    const ending = iterator.return(undefined);
    await source[Symbol.asyncDispose]();
    await ending;
  };
  const peeked: Source = {
    ...plainOf(source),
    // What is to be said of it may grow while it is read.
    get notes() {
      return source.notes ?? [];
    },
    batches,
    handfuls,
    [Symbol.asyncDispose]: close,
  };
  return { samples, source: peeked, isWhole };
}

function plainOf(source: Source) {
  const { label, parts, decoder, settles, columns, table, standing } = source;
  return {
    label,
    parts,
    decoder,
    ...(standing !== undefined && { standing }),
    ...(columns !== undefined && { columns }),
    ...(table !== undefined && { table }),
    ...(settles !== undefined && { settles }),
    ...(source.slices !== undefined && { slices: source.slices.bind(source) }),
    ...(source.tally !== undefined && {
      tally: () => source.tally?.() ?? { acked: 0, left: 0, comesBack: 0, notes: [] },
    }),
  };
}

/** Adds the events of a batch to the samples, until there are enough. */
type Collector = (batch: RawBatch, samples: JsonObject[]) => void;

/** Records that are events, or nothing: they need not be prepared to be looked at. */
async function plainCollector(reference: DecoderReference, enough: number): Promise<Collector> {
  const decoder = await loadDecoder(reference);
  return (batch, samples) => {
    const take = ({ text, start, end }: DecodedRecord) => {
      if (samples.length >= enough) return;
      const value = parseOrUndefined(Buffer.from(text.buffer, text.byteOffset).toString('utf8', start, end));
      if (isObject(value)) samples.push(value);
    };
    decoder.decode(withLetterLines(batch), take, () => undefined);
  };
}

type Looking = RecordShape & { readonly enough: number };

/** Events as they will be: unwrapped, split and mended. */
async function preparingCollector(decoder: DecoderReference, looking: Looking): Promise<Collector> {
  const { enough, ...shape } = looking;
  const { createPreparer } = await import('./prepare/preparer.js');
  const preparer = await createPreparer({
    decoder,
    ...shape,
    fields: {},
    timezone: 'UTC',
    identical: 'none',
    filter: { events: [] },
    encoders: [],
  });
  return (batch, samples) => {
    const { events } = preparer.prepare({ ...batch, maxEvents: enough - samples.length });
    for (let i = 0; i < events.count && samples.length < enough; i++) {
      samples.push(JSON.parse(Buffer.from(textOf(events, i)).toString()) as JsonObject); // events are objects
    }
  };
}
