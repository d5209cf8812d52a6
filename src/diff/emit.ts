import { closeSync, openSync, writeSync } from 'node:fs';
import { CannotEvaluateError } from '../errors.js';
import type { DiffKind } from './finding.js';
import type { DiffExample } from './outcome.js';
import type { TextPlace } from './rows.js';
import type { Side } from './side.js';

/** Collects the places of events that differ, to write them out as a dump afterwards. */
export interface Collector {
  readonly kind: DiffKind;
  readonly count: number;
  take(found: DiffExample): void;
  /** The collected places in the order of their source. */
  places(): Iterable<TextPlace>;
}

/** Opens a collector of one kind: missing and changed events stand on the left, extra ones on the right. */
export function createCollector(kind: DiffKind): Collector {
  let words = new Float64Array(64);
  let count = 0;
  return {
    kind,
    get count() {
      return count;
    },
    take(found) {
      if (found.kind !== kind) return;
      const place = kind === 'extra' ? found.right : found.left;
      if (place === undefined) return;
      if ((count + 1) * 4 > words.length) {
        const wider = new Float64Array(words.length * 2);
        wider.set(words);
        words = wider;
      }
      words.set([place.part, place.position, place.length, place.line], count * 4);
      count++;
    },
    *places() {
      const order = Uint32Array.from({ length: count }, (_, i) => i);
      order.sort(
        (a, b) => (words[a * 4] ?? 0) - (words[b * 4] ?? 0) || (words[a * 4 + 1] ?? 0) - (words[b * 4 + 1] ?? 0),
      );
      for (const i of order) {
        const [part = 0, position = 0, length = 0, line = 0] = words.subarray(i * 4, i * 4 + 4);
        yield { part, position, length, line };
      }
    },
  };
}

const FLUSH_BYTES = 1 << 20;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/**
 * Writes what a collector has taken, an event a line, byte for byte; only line ends between the tokens of an event
 * become spaces.
 * @throws CannotEvaluateError `emit_unwritable`.
 */
export function writeCollected(path: string, collector: Collector, { texts }: Pick<Side, 'texts'>): void {
  try {
    const file = openSync(path, 'w', 0o600);
    try {
      let waiting: Uint8Array[] = [];
      let size = 0;
      const flush = () => {
        const bytes = Buffer.concat(waiting);
        for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
        waiting = [];
        size = 0;
      };
      for (const place of collector.places()) {
        const text = onOneLine(texts.read(place));
        waiting.push(text, Buffer.of(LF));
        size += text.length + 1;
        if (size > FLUSH_BYTES) flush();
      }
      flush();
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || 'exitCode' in error) throw error;
    throw new CannotEvaluateError(`${path} cannot be written (${error.message})`, {
      code: 'emit_unwritable',
      hint: 'name a file in a folder that exists and that this user may write to',
      cause: error,
    });
  }
}

function onOneLine(text: Buffer): Buffer {
  if (!text.includes(LF) && !text.includes(CR)) return text;
  return text.map((byte) => (byte === LF || byte === CR ? SPACE : byte)) as Buffer; // map keeps the class
}
