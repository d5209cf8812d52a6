import type { BatchFindings, FoundGroup, FoundMutant, FoundName, FoundProblem } from './examination.js';

const INDEX = /\/\d+(?=\/|$)/gu;

/** Collects what is found in one batch. */
export class FindingsBuilder {
  events = 0;
  valid = 0;
  invalid = 0;
  undecodable = 0;
  unexpected = 0;
  duplicateKeys = 0;
  unknownNames = 0;
  private readonly problems: FoundProblem[] = [];
  private problemCount = 0;
  private readonly groups = new Map<string, { -readonly [Key in keyof FoundGroup]: FoundGroup[Key] }>();
  private readonly names = new Map<string, { -readonly [Key in keyof FoundName]: FoundName[Key] }>();

  private readonly mutants = new Map<string, { -readonly [Key in keyof FoundMutant]: FoundMutant[Key] }>();

  constructor(private readonly maxProblems: number) {}

  /** Counts an event of this name. */
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
    const group = this.groups.get(key);
    if (group === undefined) this.groups.set(key, { name, rule, pointer, message, line, count: 1 });
    else group.count++;
  }

  /** Takes a mutant that the schema lets through. */
  survive(mutant: Omit<FoundMutant, 'count'>): void {
    const pointer = mutant.pointer.replace(INDEX, '/*');
    const key = JSON.stringify([mutant.name, mutant.mutation, pointer]);
    const known = this.mutants.get(key);
    if (known === undefined) this.mutants.set(key, { ...mutant, pointer, count: 1 });
    else known.count++;
  }

  finish(lines: number): BatchFindings {
    const { events, valid, invalid, undecodable, unexpected, duplicateKeys, unknownNames, problems, problemCount } =
      this;
    return {
      lines,
      events,
      valid,
      invalid,
      undecodable,
      unexpected,
      duplicateKeys,
      unknownNames,
      problems,
      problemCount,
      groups: [...this.groups.values()],
      names: [...this.names.values()],
      mutants: [...this.mutants.values()],
    };
  }
}
