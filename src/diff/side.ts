import { createLineNumbers } from '../flow/line-numbers.js';
import { type PreparedItem, prepareInOrder } from '../flow/prepare/in-order.js';
import type { PreparePool } from '../flow/prepare/pool.js';
import { untilStopped } from '../flow/until-stopped.js';
import type { PartFailure, Source } from '../sources/source.js';
import { type CellSums, MOST_CELLS } from './cell-sums.js';
import type { KnownLines } from './known-lines.js';
import type { Names } from './names.js';
import { LINE_WORDS, PORTABLE_WORDS, ROW_WORDS } from './row-encoder.js';
import { createRowSpill, type RowSpill } from './row-spill.js';
import { openScratch } from './scratch-file.js';
import { createTextStore, type TextStore } from './text-store.js';

/** One side, read to its end: what the comparison needs of it. */
export interface Side extends Disposable {
  readonly source: Source;
  readonly rows: RowSpill;
  readonly texts: TextStore;
  /** Events that can be compared. */
  readonly events: number;
  readonly filtered: number;
  /** Records and events that could not be read: the first ones, and how many. */
  readonly unreadable: number;
  readonly unreadableExamples: readonly UnreadableRecord[];
  readonly failures: readonly PartFailure[];
  /** The earliest and the latest time of an event; NaN when none has one. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** Events without the field that holds the id. */
  readonly derivedIds: number;
  readonly withoutTime: number;
  readonly duplicateKeys: number;
  readonly whereErrors: number;
  readonly whereExample: string | undefined;
  /** The user stopped the reading before its end. */
  readonly isStopped: boolean;
  /** Rows that checksums have told to be equal on both sides: they were not read. */
  readonly known: number;
  /** Of `events`, rows that checksums have told to be those of the other side: they were not read. */
  readonly unsent: number;
}

/** A record that is no event, or has no usable id. */
export interface UnreadableRecord {
  readonly part: string;
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

interface SideReading {
  readonly source: Source;
  readonly pool: PreparePool;
  readonly names: Names;
  /** Folder for scratch files. */
  readonly folder: string;
  /** Where checksums are added up that a table on the other side tells as well. */
  readonly sums?: CellSums | undefined;
  /** Where lines are noted, or found again; `isFirst` where they are noted. */
  readonly lines?: { readonly known: KnownLines; readonly isFirst: boolean } | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly events: number; readonly storedBytes: number }) => void;
}

const MOST_EXAMPLES = 20;

/** Reads one side to its end and keeps of each event what both sides are joined by. */
export async function readSide(reading: SideReading): Promise<Side> {
  const { source, pool, names, folder, sums, lines, signal, onProgress } = reading;
  const rowFile = openScratch(folder);
  const textFile = openScratch(folder);
  const rows = createRowSpill(rowFile);
  const texts = createTextStore(source.parts, textFile);
  const tally = emptyTally();
  const failures: PartFailure[] = [];
  const numberLines = createLineNumbers([]);
  const stored = new Map<number, number>();
  const batches = untilStopped(source.batches([], signal), signal);
  for await (const item of prepareInOrder({ batches, pool, room: () => undefined })) {
    if (item.kind === 'failure') {
      failures.push(item);
      continue;
    }
    const firstLine = numberLines(item);
    takeRows(item, { rows, texts, names, tally, sums, lines });
    takeRemarks(item, firstLine, { tally, source });
    stored.set(item.raw.part, item.raw.storedBytes);
    onProgress({ events: rows.rows, storedBytes: [...stored.values()].reduce((sum, bytes) => sum + bytes, 0) });
  }
  if (lines?.isFirst === true) lines.known.tell(names.all());
  return {
    ...tally,
    source,
    rows,
    texts,
    failures,
    events: rows.rows,
    isStopped: signal.aborted,
    known: 0,
    unsent: 0,
    [Symbol.dispose]() {
      texts[Symbol.dispose]();
      rowFile.close();
      textFile.close();
    },
  };
}

interface Tally {
  filtered: number;
  unreadable: number;
  unreadableExamples: UnreadableRecord[];
  firstUs: number;
  lastUs: number;
  derivedIds: number;
  withoutTime: number;
  duplicateKeys: number;
  whereErrors: number;
  whereExample: string | undefined;
}

function emptyTally(): Tally {
  return {
    filtered: 0,
    unreadable: 0,
    unreadableExamples: [],
    firstUs: Number.NaN,
    lastUs: Number.NaN,
    derivedIds: 0,
    withoutTime: 0,
    duplicateKeys: 0,
    whereErrors: 0,
    whereExample: undefined,
  };
}

interface Target {
  readonly rows: RowSpill;
  readonly texts: TextStore;
  readonly names: Names;
  readonly tally: Tally;
  readonly sums: CellSums | undefined;
  readonly lines: SideReading['lines'];
}

function takeRows({ raw, prepared }: PreparedItem, { rows, texts, names, tally, sums, lines }: Target): void {
  const { events, encoded } = prepared;
  if (events.count === 0) return;
  const hashes = encoded[0]?.data as Uint32Array; // made by the encoder of rows
  const { part, base } = texts.remember(raw, events);
  const numbers = events.nameTable.map(names.indexOf);
  // One object for all rows: a million events cost no million objects.
  const facts = { part, position: 0, length: 0, line: 0, timeUs: 0, name: 0, cell: 0 };
  const stride = sums !== undefined ? PORTABLE_WORDS : lines !== undefined ? LINE_WORDS : ROW_WORDS;
  const noted = lines?.isFirst === true ? lines.known : undefined;
  for (let i = 0; i < events.count; i++) {
    const start = events.spans[2 * i] ?? 0;
    const timeUs = events.timesUs[i] ?? Number.NaN;
    if (!(timeUs >= tally.firstUs)) tally.firstUs = Number.isNaN(timeUs) ? tally.firstUs : timeUs;
    if (!(timeUs <= tally.lastUs)) tally.lastUs = Number.isNaN(timeUs) ? tally.lastUs : timeUs;
    facts.position = base + start;
    facts.length = (events.spans[2 * i + 1] ?? start) - start;
    facts.line = events.lines[i] ?? 0;
    facts.timeUs = timeUs;
    facts.name = numbers[events.names[i] ?? 0] ?? 0;
    if (sums !== undefined) {
      const at = i * stride + ROW_WORDS;
      facts.cell = (hashes[at] ?? 0) & (MOST_CELLS - 1);
      sums.add(facts.cell, { low: hashes[at + 1] ?? 0, high: hashes[at + 2] ?? 0, timeUs });
    }
    rows.add(hashes, i * stride, facts);
    noted?.add(hashes, i * stride, facts);
  }
}

function takeRemarks(
  { raw, prepared }: PreparedItem,
  firstLine: number,
  { tally, source }: { readonly tally: Tally; readonly source: Source },
): void {
  const { remarks, held, filtered } = prepared;
  tally.filtered += filtered;
  tally.derivedIds += remarks.derivedIds;
  tally.withoutTime += remarks.withoutTime;
  tally.duplicateKeys += remarks.duplicateKeys;
  tally.whereErrors += remarks.whereErrors;
  tally.whereExample ??= remarks.whereExample;
  const part = source.parts[raw.part]?.label ?? '';
  const problems = [
    ...raw.undecodable,
    ...held.map(({ line, problems: [first] }) => ({
      line,
      code: first?.code ?? 'undecodable',
      message: first?.message ?? '',
    })),
  ];
  tally.unreadable += problems.length;
  for (const { line, code, message } of problems) {
    if (tally.unreadableExamples.length < MOST_EXAMPLES) {
      tally.unreadableExamples.push({ part, line: firstLine + line, code, message });
    }
  }
}
