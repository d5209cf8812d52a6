const MOST_NAMES = 100_000;
const OTHERS = '…';

/** The names of events by number, shared by both sides. */
export interface Names {
  /** The number of a name; the same name has the same number. */
  indexOf(name: string): number;
  nameOf(index: number): string;
  /** All names by their numbers. */
  all(): readonly string[];
}

/** Opens an empty table; names beyond a bound share one entry. */
export function createNames(): Names {
  const names: string[] = [];
  const known = new Map<string, number>();
  const indexOf = (name: string): number => {
    const index = known.get(name);
    if (index !== undefined) return index;
    if (names.length >= MOST_NAMES && name !== OTHERS) return indexOf(OTHERS);
    known.set(name, names.length);
    return names.push(name) - 1;
  };
  return { indexOf, nameOf: (index) => names[index] ?? '', all: () => names };
}
