import type { QuickCheck } from '../../schema/accept/quick-check.js';
import type { Cursor } from './cursor.js';

/** After so many events it is known whether the quick check pays. */
const TRIAL = 256;
const LEAST_ACCEPTED = TRIAL / 4;
/** Batches that go the long way before the quick one is tried again. */
const REST_BATCHES = 16;

/** The way of events that can be accepted from their bytes: no parsing, no real check. */
export class QuickPath {
  private isOn = false;
  private tried = 0;
  private accepted = 0;
  private rest = 0;
  private text: Uint8Array | undefined;

  constructor(private readonly check: QuickCheck) {}

  /** Turns to a batch; returns whether the quick path is open for it. `isPossible` promises valid UTF-8. */
  begin(bytes: Uint8Array, isPossible: boolean): boolean {
    this.isOn = isPossible && this.rest === 0;
    if (this.rest > 0) this.rest--;
    this.tried = 0;
    this.accepted = 0;
    this.turnTo(bytes);
    return this.isOn;
  }

  /** Whether the record under the cursor is certainly an event that the schema for all events accepts. */
  accepts(cursor: Cursor): boolean {
    if (!this.isOn) return false;
    if (cursor.text !== this.text) this.turnTo(cursor.text);
    if (++this.tried === TRIAL && this.accepted < LEAST_ACCEPTED) this.giveUp();
    if (!this.check.acceptsEnvelope(cursor.start, cursor.end, cursor.scan)) return false;
    cursor.scan.hasEscape = false;
    cursor.isScanned = true;
    this.accepted++;
    return true;
  }

  /** Whether the schema for the event's name certainly accepts it as well. */
  acceptsNamed(cursor: Cursor): boolean {
    return this.check.acceptsNamed(cursor.name, cursor.start, cursor.end);
  }

  private turnTo(text: Uint8Array): void {
    this.text = text;
    this.check.begin(text);
  }

  private giveUp(): void {
    this.isOn = false;
    this.rest = REST_BATCHES;
  }
}
