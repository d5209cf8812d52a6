import type { Finding } from './validate-report.js';

/** What `respool diff` found, as plain data. Fields are added, never renamed. */
export interface DiffReport {
  readonly reportVersion: 1;
  readonly command: 'diff';
  readonly run: string;
  /** Both sides could be read to their end. */
  readonly complete: boolean;
  /** left = equal + changed + missing + what is settling, and the same on the right. */
  readonly balanced: boolean;
  readonly exitCode: number;
  /** Events of each side that were compared. */
  readonly left: number;
  readonly right: number;
  readonly equal: number;
  readonly changed: number;
  /** In left and not in right. */
  readonly missing: number;
  /** In right and not in left. */
  readonly extra: number;
  /** Events beyond the first of their key. */
  readonly duplicates: { readonly left: number; readonly right: number };
  /** Places at which events differ, most frequent first. */
  readonly fields: readonly DiffFieldCount[];
  /** How many differences are of which class. */
  readonly classes: Readonly<Record<string, number>>;
  readonly names: readonly DiffCount[];
  /** By UTC day; `label` is empty for events without a time. */
  readonly days: readonly DiffCount[];
  readonly hours: readonly DiffCount[];
  readonly examples: readonly DiffExampleShown[];
  readonly sides: { readonly left: DiffSideShown; readonly right: DiffSideShown };
  /** What makes an event the same on both sides. */
  readonly key: string;
  /** Events that are equal only within the tolerances or but for noise; they count as equal. */
  readonly tolerated: number;
  /** Events left out by `--settle`. */
  readonly settling: { readonly left: number; readonly right: number };
  /** Places that two runs of the old pipeline do not agree on, as `--noise` has learnt them. */
  readonly noise?: readonly DiffFieldCount[];
  /** Files written by `--emit`. */
  readonly emitted?: readonly { readonly kind: string; readonly path: string; readonly events: number }[];
  readonly healed?: DiffHealed;
  /** Rows that a server sent, where checksums made it unnecessary to read both sides. */
  readonly checksums?: { readonly compared: number; readonly fetched: number };
  readonly findings: readonly Finding[];
  readonly failures?: readonly {
    readonly part: string;
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
  }[];
  readonly warnings?: readonly string[];
  readonly notes?: readonly string[];
  readonly elapsedMs: number;
}

/** What `--heal` did before the sides were compared again. */
export interface DiffHealed {
  readonly sink: string;
  readonly sent: number;
  readonly accepted: number;
  readonly duplicate: number;
  /** Neither accepted nor duplicate. */
  readonly failed: number;
  readonly receipt: string;
  /** What was found before. */
  readonly before: { readonly missing: number; readonly extra: number; readonly changed: number };
}

/** At how many events a place differs, and how. */
export interface DiffFieldCount {
  readonly pointer: string;
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
  readonly reformatted: number;
}

/** Differences of one name, day or hour. */
export interface DiffCount {
  readonly label: string;
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
}

/** One event that differs, as it is shown. */
export interface DiffExampleShown {
  readonly kind: 'missing' | 'extra' | 'changed';
  readonly class: string;
  readonly key: string;
  readonly name?: string;
  readonly time?: string;
  /** Where the event stands, and its text, cut. */
  readonly left?: DiffPlaceShown;
  readonly right?: DiffPlaceShown;
  readonly differences: readonly {
    readonly pointer: string;
    readonly left?: string;
    readonly right?: string;
  }[];
}

/** Where an event stands, and what stands there. */
export interface DiffPlaceShown {
  readonly source: string;
  readonly line: number;
  readonly text: string;
}

/** One side, as it is shown. */
export interface DiffSideShown {
  readonly label: string;
  readonly parts: number;
  readonly events: number;
  readonly filtered: number;
  /** Records that could not be read. */
  readonly unreadable: number;
  readonly unreadableExamples?: readonly {
    readonly part: string;
    readonly line: number;
    readonly code: string;
    readonly message: string;
  }[];
  readonly first?: string;
  readonly last?: string;
}
