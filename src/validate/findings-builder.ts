import type {
  BatchFindings,
  FoundChange,
  FoundGroup,
  FoundMisplacement,
  FoundMutant,
  FoundName,
  FoundProblem,
} from './examination.js';

type Counted<Found> = { -readonly [Key in keyof Found]: Found[Key] };

const INDEX = /\/\d+(?=\/|$)/gu;

/** Collects what is found in one batch. */
export class FindingsBuilder {
  events = 0;
  valid = 0;
  invalid = 0;
  undecodable = 0;
  unexpected = 0;
  expectedInvalid = 0;
  duplicateKeys = 0;
  unknownNames = 0;
  private readonly problems: FoundProblem[] = [];
  private problemCount = 0;
  // Of thousands of small files most have nothing to tell: maps are made when there is something to put in.
  private groups: Map<string, Counted<FoundGroup>> | undefined;
  private readonly names = new Map<string, Counted<FoundName>>();
  private mutants: Map<string, Counted<FoundMutant>> | undefined;
  private changes: Map<string, Counted<FoundChange>> | undefined;
  private misplaced: Map<string, Counted<FoundMisplacement>> | undefined;
  private days: Map<string, number> | undefined;

  constructor(private readonly maxProblems: number) {}

  /** Counts an event of this name; a fixture that is invalid as it should be is no invalid one. */
  count(name: string, isValid: boolean): void {
    let entry = this.names.get(name);
    if (entry === undefined) {
      entry = { name, events: 0, invalid: 0 };
      this.names.set(name, entry);
    }
    entry.events++;
    if (!isValid) entry.invalid++;
  }

  add(problem: FoundProblem): void {
    this.problemCount++;
    if (this.problems.length < this.maxProblems) this.problems.push(problem);
    const { name = '', rule, message, line } = problem;
    const pointer = problem.pointer.replace(INDEX, '/*');
    const key = JSON.stringify([name, rule, pointer]);
    this.groups ??= new Map();
    const group = this.groups.get(key);
    if (group === undefined) this.groups.set(key, { name, rule, pointer, message, line, count: 1 });
    else group.count++;
  }

  /** Takes a mutant that the schema lets through. */
  survive(mutant: Omit<FoundMutant, 'count'>): void {
    const pointer = mutant.pointer.replace(INDEX, '/*');
    this.mutants ??= new Map();
    countOne(this.mutants, [mutant.name, mutant.mutation, pointer], { ...mutant, pointer });
  }

  /** Takes an event that the schemas as they were judge otherwise. */
  change(change: Omit<FoundChange, 'count'>): void {
    this.changes ??= new Map();
    countOne(this.changes, [change.name, change.verdict], change);
  }

  /** Takes a valid event that the table has no partition for. */
  misplace(misplacement: Omit<FoundMisplacement, 'count'>): void {
    this.misplaced ??= new Map();
    countOne(this.misplaced, [misplacement.name, misplacement.place], misplacement);
  }

  /** Counts an invalid event of this day. */
  countDay(day: string): void {
    this.days ??= new Map();
    this.days.set(day, (this.days.get(day) ?? 0) + 1);
  }

  finish(lines: number): BatchFindings {
    const { events, valid, invalid, undecodable, unexpected, expectedInvalid, duplicateKeys, unknownNames } = this;
    const { problems, problemCount } = this;
    return {
      lines,
      events,
      valid,
      invalid,
      undecodable,
      unexpected,
      expectedInvalid,
      duplicateKeys,
      unknownNames,
      problems,
      problemCount,
      groups: valuesOf(this.groups),
      names: valuesOf(this.names),
      mutants: valuesOf(this.mutants),
      changes: valuesOf(this.changes),
      misplaced: valuesOf(this.misplaced),
      days: [...(this.days ?? [])].map(([day, invalid]) => ({ day, invalid })),
    };
  }
}

function valuesOf<Value>(found: ReadonlyMap<string, Value> | undefined): Value[] {
  return found === undefined ? [] : [...found.values()];
}

/** Counts one more of a kind; the first of it stands for all. */
function countOne<Found extends { count: number }>(
  counts: Map<string, Found>,
  key: readonly string[],
  first: Omit<Found, 'count'>,
): void {
  const text = JSON.stringify(key);
  const known = counts.get(text);
  if (known === undefined)
    counts.set(text, { ...first, count: 1 } as Found); // what is left out is the count
  else known.count++;
}
