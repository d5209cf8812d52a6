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

  constructor(private readonly check: QuickCheck) {}

  /**
   * Turns to a batch; returns whether the quick path is open for its records. `isPossible` promises valid UTF-8.
   * @param areEnvelopes whether no record is an event: only what lies in them may be.
   */
  begin(bytes: Uint8Array, isPossible: boolean, areEnvelopes = false): boolean {
    this.records.begin(isPossible && !areEnvelopes);
    this.contents.begin(isPossible);
    this.turnTo(bytes);
    return this.records.isOn;
  }

  /** Whether the record under the cursor is certainly an event that the schema for all events accepts. */
  accepts(cursor: Cursor): boolean {
    return this.tries(this.records, cursor);
  }

  /** The same for what lies in an envelope. */
  acceptsContent(cursor: Cursor): boolean {
    return this.tries(this.contents, cursor);
  }

  /** Whether the schema for the event's name certainly accepts it as well. */
  acceptsNamed(cursor: Cursor): boolean {
    return this.check.acceptsNamed(cursor.name, cursor.start, cursor.end);
  }

  private tries(trial: Trial, cursor: Cursor): boolean {
    if (!trial.isOn) return false;
    if (cursor.text !== this.text) this.turnTo(cursor.text);
    const isAccepted = this.check.acceptsEnvelope(cursor.start, cursor.end, cursor.scan);
    trial.note(isAccepted);
    if (!isAccepted) return false;
    cursor.scan.hasEscape = false;
    cursor.isScanned = true;
    return true;
  }

  private turnTo(text: Uint8Array): void {
    this.text = text;
    this.check.begin(text);
  }
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
