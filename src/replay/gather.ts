import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stateError, syncFolder } from '../flow/state/durable.js';
import { trimQuarantine } from '../flow/state/quarantine-tail.js';
import type { StoredRun } from '../flow/state/run-record.js';
import type { Ask } from '../work/tables.js';
import type { LineKind } from './journal.js';
import { type LinesBefore, linesBeforeOf, type Sliced } from './sum.js';

/**
 * Writes what the slices could not deliver, and what their repairs did, into the files of the run, in the order of the
 * source. What an earlier call wrote is replaced.
 * @throws RespoolError when a file cannot be written.
 */
export async function gatherInto(ask: Ask, run: StoredRun, sliced: Pick<Sliced, 'slices' | 'progress'>): Promise<void> {
  const linesBefore = linesBeforeOf(sliced);
  const { id, quarantine } = run.record;
  const start = await trimQuarantine(run);
  await write(quarantine, start, gatheredLines(ask, { run: id, kind: 'quarantine', linesBefore }));
  const repaired = join(run.folder, 'repaired.ndjson');
  await write(repaired, 0, gatheredLines(ask, { run: id, kind: 'repaired', linesBefore }));
}

/** Writes behind `start`; without a line there need be no file. */
async function write(path: string, start: number, lines: AsyncIterable<Buffer>): Promise<void> {
  try {
    let file: Awaited<ReturnType<typeof open>> | undefined;
    try {
      for await (const bytes of lines) {
        file ??= await open(path, start === 0 ? 'w' : 'a', 0o600);
        await file.appendFile(bytes);
      }
      await file?.sync();
    } finally {
      await file?.close();
    }
    if (file !== undefined) await syncFolder(dirname(path));
  } catch (error) {
    throw stateError(error, path);
  }
}

/** The lines that the slices of a run have written, in the order of the source. */
async function* gatheredLines(
  ask: Ask,
  { run, kind, linesBefore }: { readonly run: string; readonly kind: LineKind; readonly linesBefore: LinesBefore },
): AsyncGenerator<Buffer> {
  let [slice, start] = [-1, '0'];
  for (;;) {
    const [row] = await ask(NEXT, [run, kind, String(slice), start]);
    if (row === undefined) return;
    slice = Number(row.slice);
    start = String(row.start);
    yield withPlaces(row.bytes as Buffer, (part) => linesBefore(slice, part)); // the driver gives bytea as a Buffer
  }
}

/** $1 run, $2 kind, $3 slice and $4 start of the last row. */
const NEXT = `
  select slice, start::text as start, bytes from respool.replay_lines
  where run = $1 and kind = $2 and (slice, start) > ($3::int, $4::bigint) order by slice, start limit 1`;

/** The place in the head of a line: `"source":{"part":"…","line":12`. Its first occurrence is ours, in front of the event. */
const PLACE = /"source":\{"part":("(?:[^"\\]|\\.)*"),"line":(\d+)/u;
const LF = 0x0a;

/** Lines count from the start of the slice's stretch: here they become those of the part. */
function withPlaces(lines: Buffer, linesBefore: (part: string) => number): Buffer {
  const moved: Buffer[] = [];
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf(LF, at) + 1 || lines.length;
    moved.push(withPlace(lines.subarray(at, end), linesBefore));
    at = end;
  }
  return Buffer.concat(moved);
}

/** The event behind the head stays as it is, byte for byte: it need not be UTF-8. */
function withPlace(line: Buffer, linesBefore: (part: string) => number): Buffer {
  // In Latin-1 each byte is one character, so that positions hold.
  const found = PLACE.exec(line.toString('latin1'));
  if (found === null) return line;
  const [whole, partText = '""', number = '0'] = found;
  const part = JSON.parse(Buffer.from(partText, 'latin1').toString()) as string; // a JSON string by its pattern
  const before = linesBefore(part);
  if (before === 0) return line;
  const head = whole.slice(0, whole.length - number.length) + String(Number(number) + before);
  return Buffer.concat([
    line.subarray(0, found.index),
    Buffer.from(head, 'latin1'),
    line.subarray(found.index + whole.length),
  ]);
}
