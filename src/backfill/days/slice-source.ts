import { join } from 'node:path';
import type { RawBatch, Source } from '../../sources/source.js';
import { framedValues } from '../slices/slice.js';
import { type DayFrame, dayFiles } from './day-frame.js';

interface DaySlice {
  /** Where the slices lie. */
  readonly slices: string;
  readonly index: number;
  /** Parts of the source from which the slices were made: events are told by their places in them. */
  readonly parts: readonly { readonly label: string }[];
  /** Resolves when so many events more may go. */
  readonly pass: (events: number) => Promise<void>;
}

/** Frames are put together up to so many events and bytes, so that requests are filled. */
const MOST_EVENTS = 4_000;
const MOST_BYTES = 2 << 20;

/** The slice of one day as a source. Positions are those of the slice's file, whatever part the events came from. */
export function daySource({ slices, index, parts, pass }: DaySlice): Source {
  return {
    label: `day ${index}`,
    parts: parts.map(({ label }) => ({ label, bytes: undefined, fingerprint: async () => undefined })),
    decoder: { module: new URL('./slice-decoder.js', import.meta.url).href, options: undefined },
    async *batches(done, signal) {
      let held: Held[] = [];
      let [events, bytes] = [0, 0];
      const isDone = ({ frame: { part }, from, to }: Held) =>
        done.some((stretch) => stretch.part === part && stretch.from <= from && to <= stretch.to);
      const take = async () => {
        const batch = batchOf(held);
        await pass(events);
        held = [];
        [events, bytes] = [0, 0];
        return batch;
      };
      for await (const { value: frame, from, to } of framedValues<DayFrame>(join(slices, dayFiles(index).events))) {
        signal.throwIfAborted();
        const next = { frame, from, to };
        if (isDone(next)) continue;
        const isFull = events + frame.ends.length > MOST_EVENTS || bytes + frame.text.length > MOST_BYTES;
        const last = held.at(-1);
        const isNeighbour = last === undefined || (last.frame.part === frame.part && last.to === from);
        if (held.length > 0 && (isFull || !isNeighbour)) yield await take();
        held.push(next);
        events += frame.ends.length;
        bytes += frame.text.length;
      }
      if (held.length > 0) yield await take();
    },
    async [Symbol.asyncDispose]() {},
  };
}

interface Held {
  readonly frame: DayFrame;
  readonly from: number;
  readonly to: number;
}

/** Neighbouring frames of one part as one batch. */
function batchOf(held: readonly Held[]): RawBatch {
  const from = held[0]?.from ?? 0;
  const to = held.at(-1)?.to ?? from;
  const count = held.reduce((sum, { frame }) => sum + frame.ends.length, 0);
  const spans = new Uint32Array(2 * count);
  const places = new Float64Array(2 * count);
  let [at, base] = [0, 0];
  for (const { frame } of held) {
    let start = base;
    for (const [event, end] of frame.ends.entries()) {
      spans[2 * at] = start;
      start = base + end;
      spans[2 * at + 1] = start;
      // Lines are counted from the first of the batch, which is 1, and offsets from where it begins.
      places[2 * at] = (frame.lines[event] ?? 0) - 1;
      places[2 * at + 1] = (frame.offsets[event] ?? 0) - from;
      at++;
    }
    base = start;
  }
  return {
    kind: 'batch',
    part: held[0]?.frame.part ?? 0,
    format: { kind: 'json' },
    from,
    to,
    bytes: new Uint8Array(
      Buffer.concat(
        held.map(({ frame }) => frame.text),
        base,
      ),
    ),
    spans,
    spanLines: new Uint32Array(places.buffer),
    lines: 0,
    undecodable: [],
    storedBytes: to,
    settle: async () => undefined,
  };
}
