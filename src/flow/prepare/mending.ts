import type { Given } from '../../event/layer.js';
import type { Repaired, Repairer } from '../repair/repairer.js';
import type { Cursor } from './cursor.js';
import type { IdentityRemarks } from './identify.js';
import type { SideText } from './side-text.js';
import type { HeldProblem, RepairRecord } from './spec.js';

/** What the events of a repair go through. */
interface Way {
  /** Takes the mended text under the cursor: parse, identify, check, encode. */
  takeMended(): void;
  hold(problem: HeldProblem): void;
  /** Index that the next event will have that reaches the sinks. */
  nextEvent(): number;
}

/** Counts of one batch. */
interface MendingTally {
  read: number;
  repaired: number;
  added: number;
  dropped: number;
}

/** Lets the repairs of a run at each event, and keeps what it was and what it has become. */
export class Mending {
  private records: RepairRecord[] = [];

  constructor(
    private readonly repairer: Repairer,
    private readonly cursor: Cursor,
    private readonly side: SideText,
    private readonly way: Way,
  ) {}

  begin(): void {
    this.records = [];
  }

  /** What has been mended in this batch. */
  take(): readonly RepairRecord[] {
    return this.records;
  }

  /**
   * Mends the identified event under the cursor and takes what has become of it; false when no rule is about it.
   * @param needsId the event has no usable id: only a repair that sets it counts.
   */
  mend(tally: MendingTally, remarks: IdentityRemarks, needsId: boolean): boolean {
    const { cursor } = this;
    const original = cursor.text.slice(cursor.start, cursor.end);
    const { id, name, timeUs, timeRest, layers } = cursor;
    const repaired = this.repairer.repair({ id, name, timeUs: timeUs + timeRest, layers, json: original });
    if (repaired === undefined || (needsId && !repaired.setsId)) return false;
    if (repaired.failure !== undefined) {
      this.way.hold({ code: 'repair_failed', message: repaired.failure });
      return true;
    }
    tally.repaired++;
    if (Number.isNaN(timeUs)) remarks.withoutTime--;
    this.takeAll(repaired, original, tally);
    return true;
  }

  private takeAll(repaired: Repaired, original: Uint8Array, tally: MendingTally): void {
    const { cursor, way } = this;
    const { id, line, offset, given } = cursor;
    const { texts, rules, setsId } = repaired;
    const events: number[] = [];
    this.records.push({ line, offset, id, rules, original, results: texts, events });
    if (texts.length === 0) {
      tally.read++;
      tally.dropped++;
      return;
    }
    tally.added += texts.length - 1;
    tally.read -= texts.length - 1;
    for (const [index, text] of texts.entries()) {
      const next = way.nextEvent();
      this.moveTo(text);
      // Who the event is was known before it was mended; parts of it are known by their place in it.
      cursor.given =
        texts.length === 1 ? ownId(given, cursor.name, id) : { ...given, name: cursor.name, id: `${id}#${index}` };
      cursor.keepsId = texts.length === 1 && !setsId ? id : undefined;
      cursor.partOfId = texts.length === 1 ? undefined : id;
      cursor.mended = texts.length === 1 ? { original } : { partOf: original };
      way.takeMended();
      if (way.nextEvent() > next) events.push(next);
      cursor.mended = undefined;
      cursor.keepsId = undefined;
      cursor.partOfId = undefined;
    }
  }

  private moveTo(text: Uint8Array): void {
    const { start, end } = this.side.append(this.cursor.text, text);
    this.cursor.turnTo(this.side.text ?? this.cursor.text);
    this.cursor.narrowTo(start, end);
  }
}

function ownId(given: Given | undefined, name: string, id: string): Given {
  return { name, ...given, id, isEventId: true };
}
