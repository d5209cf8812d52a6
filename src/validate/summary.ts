import type { RawBatch } from '../sources/source.js';
import type {
  BatchFindings,
  Expectation,
  FoundChange,
  FoundMisplacement,
  FoundMutant,
  FoundProblem,
} from './examination.js';

/** Names beyond this many are counted together: a field that is no name must not fill the memory. */
const MOST_NAMES = 10_000;
const MOST_GROUPS = 50_000;
const OTHER_NAMES = '(other names)';

/** Problems of one rule at one place in the events of one name. */
export interface SummaryGroup {
  readonly name: string;
  readonly rule: string;
  readonly pointer: string;
  readonly message: string;
  readonly source: string;
  /** The first one: `dump.ndjson:17`. */
  readonly example: string;
  count: number;
}

/** Something that was counted over all batches; `example` is where it was first: `dump.ndjson:17`. */
export type Placed<Found> = Omit<Found, 'line'> & { readonly example: string };

interface Addition {
  readonly part: number;
  readonly label: string;
  readonly expects: Expectation;
  /** Absent where nothing could be cut into records. */
  readonly findings: BatchFindings | undefined;
  readonly raw: Pick<RawBatch, 'lines' | 'undecodable'>;
}

/** Adds up what was found in the batches, in the order of the source: memory does not grow with the input. */
export class Summary {
  events = 0;
  valid = 0;
  invalid = 0;
  undecodable = 0;
  unexpected = 0;
  expectedInvalid = 0;
  duplicateKeys = 0;
  unknownNames = 0;
  problemCount = 0;
  readonly problems: (FoundProblem & { readonly source: string })[] = [];
  readonly groups = new Map<string, SummaryGroup>();
  readonly names = new Map<string, { readonly name: string; events: number; invalid: number }>();
  readonly mutants = new Map<string, FoundMutant>();
  readonly changes = new Map<string, Placed<FoundChange>>();
  readonly misplaced = new Map<string, Placed<FoundMisplacement>>();
  readonly days = new Map<string, number>();
  private readonly seen = new Set<number>();
  private part = -1;
  private linesBefore = 0;

  /** @param maxProblems so many problems are kept in full. */
  constructor(private readonly maxProblems: number) {}

  add({ part, label, findings, raw, expects }: Addition): void {
    if (part !== this.part) this.linesBefore = 0;
    this.part = part;
    const before = this.events;
    if (findings !== undefined) {
      this.count(findings);
      this.addPlaced(findings, label);
    }
    // Stretches that the reader could not cut into records come without an event of their own.
    for (const { code, message, line } of raw.undecodable) {
      this.events++;
      this.undecodable++;
      if (expects === 'invalid') {
        this.expectedInvalid++;
        continue;
      }
      this.unexpected++;
      this.take({ line, pointer: '', rule: code, message }, label);
      this.problemCount++;
      this.addGroup({ name: '', rule: code, pointer: '', message, line, count: 1 }, label);
    }
    for (const problem of findings?.problems ?? []) this.take(problem, label);
    for (const group of findings?.groups ?? []) this.addGroup(group, label);
    this.linesBefore += raw.lines ?? findings?.lines ?? 0;
    if (this.events > before) this.seen.add(part);
  }

  /** Adds files of which there is nothing to tell but how many events they hold. */
  addJoint(batches: readonly Pick<RawBatch, 'part'>[], findings: BatchFindings): void {
    this.count(findings);
    for (const { part } of batches) this.seen.add(part);
  }

  /** Whether a part held anything to check. */
  hasEventsOf(part: number): boolean {
    return this.seen.has(part);
  }

  private count(findings: BatchFindings): void {
    this.events += findings.events;
    this.valid += findings.valid;
    this.invalid += findings.invalid;
    this.undecodable += findings.undecodable;
    this.unexpected += findings.unexpected;
    this.expectedInvalid += findings.expectedInvalid;
    this.duplicateKeys += findings.duplicateKeys;
    this.unknownNames += findings.unknownNames;
    this.problemCount += findings.problemCount;
    for (const mutant of findings.mutants) {
      const key = JSON.stringify([mutant.name, mutant.mutation, mutant.pointer]);
      const count = mutant.count + (this.mutants.get(key)?.count ?? 0);
      if (this.mutants.has(key) || this.mutants.size < MOST_GROUPS) this.mutants.set(key, { ...mutant, count });
    }
    for (const { name, events, invalid } of findings.names) {
      const key = this.names.size < MOST_NAMES || this.names.has(name) ? name : OTHER_NAMES;
      const known = this.names.get(key) ?? { name: key, events: 0, invalid: 0 };
      known.events += events;
      known.invalid += invalid;
      this.names.set(key, known);
    }
  }

  private addPlaced({ changes, misplaced, days }: BatchFindings, source: string): void {
    const placed = <Found extends { line: number }>({ line, ...rest }: Found) => ({
      ...rest,
      example: `${source}:${this.lineOf({ line })}`,
    });
    for (const change of changes) addCounted(this.changes, [change.name, change.verdict], placed(change));
    for (const one of misplaced) addCounted(this.misplaced, [one.name, one.place], placed(one));
    for (const { day, invalid } of days) {
      const known = this.days.get(day) ?? 0;
      if (known > 0 || this.days.size < MOST_NAMES) this.days.set(day, known + invalid);
    }
  }

  private take(problem: FoundProblem, source: string): void {
    if (this.problems.length >= this.maxProblems) return;
    this.problems.push({ ...problem, source, line: this.lineOf(problem) });
  }

  private addGroup(group: BatchFindings['groups'][number], source: string): void {
    const { name, rule, pointer, message, count } = group;
    const key = JSON.stringify([source, name, rule, pointer]);
    const known = this.groups.get(key);
    if (known !== undefined) known.count += count;
    else if (this.groups.size < MOST_GROUPS) {
      const example = `${source}:${this.lineOf(group)}`;
      this.groups.set(key, { name, rule, pointer, message, source, example, count });
    }
  }

  private lineOf({ line }: { readonly line: number }): number {
    return this.linesBefore + line + 1;
  }
}

/** Adds to what is known of this kind; the first of it stands for all. */
function addCounted<Found extends { readonly count: number }>(
  counts: Map<string, Found>,
  key: readonly string[],
  found: Found,
): void {
  const text = JSON.stringify(key);
  const known = counts.get(text);
  if (known !== undefined) counts.set(text, { ...known, count: known.count + found.count });
  else if (counts.size < MOST_GROUPS) counts.set(text, found);
}
