import { createReadStream } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** So much is held in memory over all hours. */
const MOST_HELD_BYTES = 16 * 1024 * 1024;

/** Lines by the hour to which they belong, in the order in which they came, on disk. */
export interface Spill {
  add(hour: number, line: Buffer): void;
  /** Writes what is held when it is much. */
  relieve(): Promise<void>;
  /** Hours with lines, the earliest first. */
  hours(): readonly number[];
  /** The lines of an hour in pieces of whole lines, of about `pieceBytes` each. */
  pieces(hour: number, pieceBytes: number): AsyncIterable<Buffer>;
  remove(): Promise<void>;
}

/** Opens a spill in a folder, which is made when it is needed. */
export function openSpill(folder: string): Spill {
  const held = new Map<number, Buffer[]>();
  const written = new Set<number>();
  let bytes = 0;
  const pathOf = (hour: number) => join(folder, `${hour}.ndjson`);
  const write = async () => {
    if (held.size > 0) await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const [hour, lines] of held) {
      await appendFile(pathOf(hour), Buffer.concat(lines), { mode: 0o600 });
      written.add(hour);
    }
    held.clear();
    bytes = 0;
  };
  return {
    add(hour, line) {
      const lines = held.get(hour);
      if (lines === undefined) held.set(hour, [line]);
      else lines.push(line);
      bytes += line.length;
    },
    relieve: async () => {
      if (bytes >= MOST_HELD_BYTES) await write();
    },
    hours: () => [...new Set([...held.keys(), ...written])].sort((a, b) => a - b),
    async *pieces(hour, pieceBytes) {
      await write();
      yield* wholeLines(createReadStream(pathOf(hour), { highWaterMark: 1024 * 1024 }), pieceBytes);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const LINE_END = 0x0a;

async function* wholeLines(chunks: AsyncIterable<Buffer>, pieceBytes: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    // Where a piece ends depends on the lines alone, never on how the chunks fall.
    while (length + rest.length >= pieceBytes) {
      const end = rest.indexOf(LINE_END, Math.max(0, pieceBytes - length - 1));
      if (end < 0) break;
      yield Buffer.concat([...parts, rest.subarray(0, end + 1)]);
      parts = [];
      length = 0;
      rest = rest.subarray(end + 1);
    }
    parts.push(rest);
    length += rest.length;
  }
  if (length > 0) yield Buffer.concat(parts);
}
