import { type Quarantined, renderQuarantined } from '../flow/quarantine.js';
import { renderRepaired } from '../flow/repair-trail.js';
import type { Intent } from '../flow/state/intents.js';
import type { Journal } from '../flow/state/journal.js';
import type { Ask } from '../work/tables.js';
import { TakenOverError } from '../work/taken-over.js';
import type { TakenSlice } from './slices.js';

/** Which of the two files of a run the lines of a slice belong to. */
export type LineKind = 'quarantine' | 'repaired';

interface Chunk {
  readonly kind: LineKind;
  readonly start: number;
  readonly bytes: Buffer;
}

/**
 * Opens the journal of a slice in the database of the queue. Lines and the position that counts them are written in one
 * statement, which does nothing once another worker has taken the slice over.
 */
export function openSliceJournal(ask: Ask, taken: TakenSlice): Journal {
  const { run, slice, epoch, position } = taken;
  const name = `run ${run}: slice ${slice}`;
  const place = [run, String(slice), String(epoch)];
  let chunks: Chunk[] = [];
  let live: { readonly seq: string; readonly intent: Intent }[] = [];
  let settled: string[] = [];
  const lines = (kind: LineKind, start: number) => createLines(kind, start, (chunk) => chunks.push(chunk));
  const quarantine = lines('quarantine', position?.quarantineBytes ?? 0);
  const trail = lines('repaired', position?.repairedBytes ?? 0);
  return {
    intents: {
      left: taken.intents,
      async note(intent) {
        const [row] = await ask(NOTE, [...place, JSON.stringify(intent)]);
        if (row === undefined) throw new TakenOverError(name);
        live.push({ seq: String(row.seq), intent });
      },
      compact(isSettled) {
        settled = [...settled, ...live.filter(({ intent }) => isSettled(intent)).map(({ seq }) => seq)];
        live = live.filter(({ intent }) => !isSettled(intent));
      },
      [Symbol.dispose]: () => undefined,
    },
    quarantine: {
      path: name,
      get length() {
        return quarantine.length;
      },
      async append(part, entries: readonly Quarantined[]) {
        quarantine.append(entries.map((entry) => renderQuarantined({ run, part }, entry)));
      },
      sync: nothing,
      [Symbol.asyncDispose]: nothing,
    },
    trail: {
      get length() {
        return trail.length;
      },
      async append(at, repairs) {
        trail.append(repairs.map((repair) => renderRepaired(at, repair)));
      },
      sync: nothing,
      [Symbol.asyncDispose]: nothing,
    },
    async savePosition(next) {
      const [written, forgotten] = [chunks, settled];
      const rows = await ask(SAVE, [
        ...place,
        JSON.stringify({ formatVersion: 1, ...next }),
        `{${written.map(({ kind }) => kind).join(',')}}`,
        `{${written.map(({ start }) => start).join(',')}}`,
        `{${written.map(({ bytes }) => `"\\\\x${bytes.toString('hex')}"`).join(',')}}`,
        `{${forgotten.join(',')}}`,
      ]);
      if (rows.length === 0) throw new TakenOverError(name);
      chunks = chunks.slice(written.length);
      settled = settled.slice(forgotten.length);
    },
    [Symbol.asyncDispose]: nothing,
  };
}

const nothing = async (): Promise<void> => undefined;

function createLines(kind: LineKind, start: number, add: (chunk: Chunk) => void) {
  let length = start;
  return {
    get length() {
      return length;
    },
    append(lines: readonly Buffer[]): void {
      if (lines.length === 0) return;
      const bytes = Buffer.concat(lines);
      add({ kind, start: length, bytes });
      length += bytes.length;
    },
  };
}

/** $1 run, $2 slice, $3 epoch, $4 intent. The row is locked, so that whoever takes the slice over sees all intents. */
const NOTE = `
  insert into respool.replay_intents (run, slice, intent) select s.run, s.slice, $4::json
  from (select run, slice from respool.replay_slices where run = $1 and slice = $2::int and epoch = $3::int for share) as s
  returning seq`;

/**
 * $1 run, $2 slice, $3 epoch, $4 position, $5 $6 $7 kinds, starts and bytes of lines, $8 intents that are settled. When
 * the answer was lost it is asked again, and comes to the same.
 */
const SAVE = `
  with mine as (
    update respool.replay_slices set position = $4::json, touched = now()
    where run = $1 and slice = $2::int and epoch = $3::int returning run, slice),
  kept as (
    insert into respool.replay_lines (run, slice, kind, start, bytes)
    select mine.run, mine.slice, t.* from mine, unnest($5::text[], $6::bigint[], $7::bytea[]) as t on conflict do nothing),
  gone as (
    delete from respool.replay_intents using mine where seq = any ($8::bigint[]))
  select 1 from mine`;
