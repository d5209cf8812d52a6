import type { Difference } from './compare.js';
import { DIFF_CLASSES, type DiffClass, type DiffKind } from './finding.js';
import type { TextPlace } from './rows.js';

/** Everything that a comparison has found, as plain data. */
export interface DiffOutcome {
  readonly left: number;
  readonly right: number;
  readonly equal: number;
  readonly changed: number;
  readonly missing: number;
  readonly extra: number;
  /** Events beyond the first of their key. */
  readonly duplicates: { readonly left: number; readonly right: number };
  /** Events left out because they are younger than `--settle`. */
  readonly settling: { readonly left: number; readonly right: number };
  /** Events that are equal only within the tolerances. */
  readonly tolerated: number;
  readonly classes: Readonly<Record<DiffClass, number>>;
  readonly fields: readonly FieldCount[];
  readonly names: readonly NamedCount[];
  readonly hours: readonly HourCount[];
  readonly examples: readonly DiffExample[];
}

/** At how many events a place differs, and how. */
export interface FieldCount {
  /** JSON Pointer in which `*` stands for every index of an array. */
  readonly pointer: string;
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
  readonly reformatted: number;
}

/** Differences of one name. */
export interface NamedCount {
  readonly name: string;
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
}

/** Differences of one hour, which is NaN for events without a time. */
export interface HourCount {
  readonly hour: number;
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
}

/** One event that differs. */
export interface DiffExample {
  readonly kind: DiffKind;
  readonly class: DiffClass;
  readonly name: string;
  readonly timeUs: number;
  readonly left?: TextPlace;
  readonly right?: TextPlace;
  readonly differences: readonly Difference[];
}

interface Counts {
  missing: number;
  extra: number;
  changed: number;
}

interface Fields {
  changed: number;
  added: number;
  removed: number;
  reformatted: number;
}

const HOUR_US = 3_600_000_000;
const MOST_PLACES = 10_000;
const MOST_HOURS = 100_000;
const OTHER_PLACES = '/…';

/** Adds differences up; memory has bounds whatever is found. */
export class Findings {
  changed = 0;
  missing = 0;
  extra = 0;
  readonly classes: Record<DiffClass, number>;
  private readonly byPlace = new Map<string, Fields>();
  private readonly byName = new Map<string, Counts>();
  private readonly byHour = new Map<number, Counts>();
  private readonly examples = new Map<DiffClass, DiffExample[]>();

  /** @param mostExamples of each class. */
  constructor(private readonly mostExamples: number) {
    this.classes = Object.fromEntries(DIFF_CLASSES.map((name) => [name, 0])) as Record<DiffClass, number>; // one entry each
  }

  add(found: DiffExample): void {
    this[found.kind]++;
    this.classes[found.class]++;
    countOf(this.byName, found.name, () => ({ missing: 0, extra: 0, changed: 0 }))[found.kind]++;
    const hour = Math.floor(found.timeUs / HOUR_US);
    const place = this.byHour.has(hour) || this.byHour.size < MOST_HOURS ? hour : Number.NaN;
    countOf(this.byHour, place, () => ({ missing: 0, extra: 0, changed: 0 }))[found.kind]++;
    for (const [pointer, difference] of firstByPlace(found.differences)) this.addPlace(pointer, difference);
    this.addExample(found);
  }

  /** Places at which events differ, most frequent first. */
  get fields(): readonly FieldCount[] {
    const all = [...this.byPlace].map(([pointer, counts]) => ({ pointer, ...counts }));
    return all.sort((a, b) => b.changed - a.changed || (a.pointer < b.pointer ? -1 : 1));
  }

  get names(): readonly NamedCount[] {
    const total = ({ missing, extra, changed }: Counts) => missing + extra + changed;
    return [...this.byName].map(([name, counts]) => ({ name, ...counts })).sort((a, b) => total(b) - total(a));
  }

  get hours(): readonly HourCount[] {
    return [...this.byHour]
      .map(([hour, counts]) => ({ hour, ...counts }))
      .sort((a, b) => orderOf(a.hour) - orderOf(b.hour));
  }

  /** The first examples of each class, in the order of their sources. */
  get exampleList(): readonly DiffExample[] {
    return DIFF_CLASSES.flatMap((name) => this.examples.get(name) ?? []);
  }

  private addPlace(pointer: string, { kind, isReformatted }: Difference): void {
    const place = this.byPlace.has(pointer) || this.byPlace.size < MOST_PLACES ? pointer : OTHER_PLACES;
    const counts = countOf(this.byPlace, place, () => ({ changed: 0, added: 0, removed: 0, reformatted: 0 }));
    counts.changed++;
    if (kind !== 'changed') counts[kind]++;
    if (isReformatted) counts.reformatted++;
  }

  private addExample(found: DiffExample): void {
    const list = this.examples.get(found.class) ?? [];
    this.examples.set(found.class, list);
    if (list.length >= this.mostExamples && !isBefore(found, list.at(-1))) return;
    const at = list.findIndex((other) => isBefore(found, other));
    list.splice(at < 0 ? list.length : at, 0, found);
    if (list.length > this.mostExamples) list.pop();
  }
}

/** Events without a time come last. */
function orderOf(hour: number): number {
  return Number.isNaN(hour) ? Number.MAX_SAFE_INTEGER : hour;
}

function countOf<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** An event counts once for a place, however many items of an array differ there. */
function firstByPlace(differences: readonly Difference[]): ReadonlyMap<string, Difference> {
  const places = new Map<string, Difference>();
  for (const difference of differences) if (!places.has(difference.place)) places.set(difference.place, difference);
  return places;
}

function isBefore(found: DiffExample, other: DiffExample | undefined): boolean {
  if (other === undefined) return true;
  const [a, b] = [found.left ?? found.right, other.left ?? other.right];
  if (a === undefined || b === undefined) return false;
  return a.part !== b.part ? a.part < b.part : a.position < b.position;
}
