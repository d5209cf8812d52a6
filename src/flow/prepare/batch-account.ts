import type { EncoderRefusal } from '../../sinks/sink.js';
import type { RecordProblem } from '../../sources/source.js';
import type { Cursor } from './cursor.js';
import { heldRecord, placed } from './holding.js';
import { firstDuplicateKey } from './parse.js';
import type { HeldProblem, HeldRecord } from './spec.js';
import { emptyTally } from './tally.js';

/** What is counted and kept of one batch while it is prepared. */
export class BatchAccount {
  tally = emptyTally();
  held: HeldRecord[] = [];
  leftLines: number[] = [];
  refused: EncoderRefusal[][] = [];
  /** How many events are still wanted. */
  room = Number.POSITIVE_INFINITY;
  /** What taking identities brings to light. */
  readonly identity = { derivedIds: 0, withoutTime: 0 };

  /**
   * @param encoders how many there are.
   * @param settlesLines whether lines are settled one by one.
   */
  constructor(
    private readonly cursor: Cursor,
    private readonly encoders: number,
    private readonly settlesLines: boolean,
  ) {}

  begin(maxEvents: number | undefined): void {
    this.tally = emptyTally();
    this.identity.derivedIds = 0;
    this.identity.withoutTime = 0;
    this.held = [];
    this.leftLines = [];
    this.refused = Array.from({ length: this.encoders }, () => []);
    this.room = maxEvents ?? Number.POSITIVE_INFINITY;
  }

  /** Counts an event that goes on to the sinks. */
  pass(): void {
    this.tally.read++;
    this.room--;
  }

  /** Counts an event that the filter leaves out. */
  filter(): void {
    this.tally.read++;
    this.tally.filtered++;
    this.leaveOut(this.cursor.line);
  }

  /** An event of this line was left out by the filter or the limit. */
  leaveOut(line: number): void {
    if (this.settlesLines) this.leftLines.push(line);
  }

  /** Keeps what the decoder could not make a record of. */
  keep({ code, message, offset, line, raw }: RecordProblem): void {
    this.tally.read++;
    this.tally.undecodable++;
    this.held.push({
      kind: 'undecodable',
      line,
      offset,
      problems: [{ code, message }],
      attempts: 0,
      raw: raw?.slice() ?? new Uint8Array(0),
    });
  }

  /** Keeps what is under the cursor, which goes no further for one reason. */
  hold(kind: HeldRecord['kind'], problem: HeldProblem & { readonly at?: number }, raw?: Uint8Array): void {
    this.holdAll(kind, [placed(this.cursor, problem)], raw);
  }

  /** Keeps what is under the cursor, which goes no further for several reasons. */
  holdAll(kind: HeldRecord['kind'], problems: readonly HeldProblem[], raw?: Uint8Array): void {
    this.tally.read++;
    this.tally[kind]++;
    this.room--;
    this.held.push(heldRecord(this.cursor, kind, { problems, raw }));
  }

  /** Counts a text that repeats a key; the first one is the example. */
  remarkDuplicateKey(): void {
    const { cursor, tally } = this;
    tally.duplicateKeys++;
    if (tally.duplicateKeyExample !== undefined) return;
    const found = firstDuplicateKey(cursor);
    if (found === undefined) return;
    const offset = cursor.offset + found.offset - cursor.start;
    tally.duplicateKeyExample = { line: cursor.line, offset, pointer: found.pointer };
  }
}
