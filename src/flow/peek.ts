import { textOf } from '../event/batch.js';
import type { JsonObject } from '../event/event.js';
import type { PartFailure, RawBatch, Source } from '../sources/source.js';
import type { UnwrapperReference } from '../sources/unwrapper.js';
import { createPreparer, type Preparer } from './prepare/preparer.js';
import type { RepairSpec } from './repair/rule.js';
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

/** What a record may hold besides one event. */
interface RecordShape {
  readonly split?: readonly string[];
  readonly unwrapper?: UnwrapperReference;
  /** What mends events: their fields are chosen by what they will be. */
  readonly repair?: RepairSpec;
}

/**
 * Looks at the first events of a source, which is read from its beginning and only once.
 * @throws the signal's reason when the user stops before anything has been seen.
 */
export async function peek(source: Source, shape: RecordShape, signal: AbortSignal): Promise<Peeked> {
  const iterator = untilStopped(source.batches([], signal), signal);
  const seen: (RawBatch | PartFailure)[] = [];
  const samples: JsonObject[] = [];
  const preparer = await createPreparer({
    decoder: source.decoder,
    ...shape,
    fields: {},
    timezone: 'UTC',
    identical: 'none',
    filter: { events: [] },
    encoders: [],
  });
  // A queue gives out what is there; to wait for more would hold messages for nothing.
  const isEnough = () => source.settles === 'messages' && samples.length > 0;
  for (let bytes = 0; isTooLittle(samples.length, bytes) && !isEnough(); ) {
    const next = await iterator.next();
    if (next.done) break;
    seen.push(next.value);
    if (next.value.kind === 'failure') continue;
    bytes += next.value.bytes.length;
    if (samples.length < ENOUGH) collect(preparer, next.value, samples);
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
    // A read that waits for messages ends when its source does.
    const ending = iterator.return(undefined);
    await source[Symbol.asyncDispose]();
    await ending;
  };
  return { samples, source: { ...plainOf(source), batches, [Symbol.asyncDispose]: close } };
}

function isTooLittle(samples: number, bytes: number): boolean {
  return samples === 0 ? bytes < MOST_BYTES : samples < ENOUGH && bytes < ENOUGH_BYTES;
}

function plainOf(source: Source) {
  const { label, parts, decoder, notes, settles, columns, table, standing } = source;
  return {
    label,
    parts,
    decoder,
    ...(notes !== undefined && { notes }),
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

/** The events of a batch, unwrapped and split as they will be. */
function collect(preparer: Preparer, batch: RawBatch, samples: JsonObject[]): void {
  const { events } = preparer.prepare({ ...batch, maxEvents: ENOUGH - samples.length });
  for (let i = 0; i < events.count && samples.length < ENOUGH; i++) {
    samples.push(JSON.parse(Buffer.from(textOf(events, i)).toString()) as JsonObject); // events are objects
  }
}
