import { ObjectScan } from '../../event/scan.js';
import type { QuickCheck } from '../../schema/accept/quick-check.js';
import type { Cursor } from './cursor.js';

/** After so many events it is known whether the quick check pays. */
const TRIAL = 256;
const LEAST_ACCEPTED = TRIAL / 4;
/** Batches that go the long way before the quick one is tried again. */
const REST_BATCHES = 16;

/** The way of events that can be accepted from their bytes: no parsing, no real check. */
export class QuickPath {
  private readonly records = new Trial();
  private readonly contents = new Trial();
  private text: Uint8Array | undefined;
  /** What has been accepted before it is asked for. */
  private readonly ahead = { start: 0, end: 0, scan: new ObjectScan() };

  constructor(private readonly check: QuickCheck) {}

  /**
   * Turns to a batch; returns whether the quick path is open for its records. `isPossible` promises valid UTF-8.
   * @param areEnvelopes whether no record is an event: only what lies in them may be.
   */
  begin(bytes: Uint8Array, isPossible: boolean, areEnvelopes = false): boolean {
    this.records.begin(isPossible && !areEnvelopes);
    this.contents.begin(isPossible);
    this.ahead.end = 0;
    this.turnTo(bytes);
    return this.records.isOn;
  }

  /** Whether the record under the cursor is certainly an event that the schema for all events accepts. */
  accepts(cursor: Cursor): boolean {
    return this.tries(this.records, cursor);
  }

  /** The same for what lies in an envelope. */
  acceptsContent(cursor: Cursor): boolean {
    const { start, end, scan } = this.ahead;
    const isKnown = start === cursor.start && end === cursor.end && cursor.text === this.text;
    if (!isKnown) return this.tries(this.contents, cursor);
    cursor.scan.copy(scan);
    return settled(cursor);
  }

  /**
   * Whether what lies at `start` is certainly such an event; then `acceptsContent` knows it, and where its members are.
   * The cursor and its scan stay as they are.
   */
  acceptsAhead({ text }: Cursor, start: number, end: number): ObjectScan | undefined {
    if (!this.contents.isOn) return undefined;
    if (text !== this.text) this.turnTo(text);
    const { ahead } = this;
    const isAccepted = this.check.acceptsEnvelope(start, end, ahead.scan);
    this.contents.note(isAccepted);
    ahead.start = start;
    ahead.end = isAccepted ? end : 0;
    return isAccepted ? ahead.scan : undefined;
  }

  /** Whether the schema for the event's name certainly accepts it as well. */
  acceptsNamed(cursor: Cursor): boolean {
    return this.check.acceptsNamed(cursor.name, cursor.start, cursor.end);
  }

  private tries(trial: Trial, cursor: Cursor): boolean {
    if (!trial.isOn) return false;
    if (cursor.text !== this.text) this.turnTo(cursor.text);
    // What is not accepted leaves half a scan behind.
    cursor.isScanned = false;
    const isAccepted = this.check.acceptsEnvelope(cursor.start, cursor.end, cursor.scan);
    trial.note(isAccepted);
    return isAccepted && settled(cursor);
  }

  private turnTo(text: Uint8Array): void {
    this.ahead.end = 0;
    this.text = text;
    this.check.begin(text);
  }
}

/** The keys of an accepted event are known, and without escapes. */
function settled(cursor: Cursor): true {
  cursor.scan.hasEscape = false;
  cursor.isScanned = true;
  return true;
}

/** Finds out batch by batch whether the quick check pays. */
class Trial {
  isOn = false;
  private tried = 0;
  private accepted = 0;
  private rest = 0;

  begin(isPossible: boolean): void {
    this.isOn = isPossible && this.rest === 0;
    if (this.rest > 0) this.rest--;
    this.tried = 0;
    this.accepted = 0;
  }

  note(isAccepted: boolean): void {
    if (isAccepted) this.accepted++;
    if (++this.tried === TRIAL && this.accepted < LEAST_ACCEPTED) {
      this.isOn = false;
      this.rest = REST_BATCHES;
    }
  }
}
