import { parseExact } from '../event/exact.js';
import type { Comparer, Difference } from './compare.js';
import { classOfChanged, classOfLone } from './finding.js';
import type { Group, JoinTarget } from './join.js';
import type { Names } from './names.js';
import type { DiffExample, Findings } from './outcome.js';
import { isSameContent, type Rows, type TextPlace } from './rows.js';
import type { Side } from './side.js';

/** Numbers that are counted while both sides are matched. */
export interface MatchCounts {
  equal: number;
  tolerated: number;
  readonly duplicates: { left: number; right: number };
  readonly settling: { left: number; right: number };
}

interface Matching {
  readonly left: Side;
  readonly right: Side;
  readonly comparer: Comparer;
  readonly names: Names;
  readonly findings: Findings;
  readonly counts: MatchCounts;
  /** Keys with an event younger than this are left out. */
  readonly settledBeforeUs: number;
  /** Told of each event that differs: where its text stands on each side. */
  readonly onFound: (found: DiffExample) => void;
  /** Reads the text of a row again and makes sure that it is the one that was hashed. */
  readonly read: (side: Side, rows: Rows, row: number) => string;
}

/** So many rows of one key are compared each with each; beyond, tolerances look at neighbours only. */
const MOST_TO_COMPARE = 1_000;

/** Decides what the rows of each key are to one another: equal, changed, missing, extra. */
export function createMatching(matching: Matching): JoinTarget {
  const { counts } = matching;
  return {
    same(left, a, right, b) {
      if (isSettling(matching, left, a) || isSettling(matching, right, b)) {
        counts.settling.left++;
        counts.settling.right++;
      } else counts.equal++;
    },
    group: (group) => matchGroup(matching, group),
  };
}

function isSettling({ settledBeforeUs }: Matching, rows: Rows, row: number): boolean {
  return rows.timeUs(row) > settledBeforeUs;
}

function matchGroup(matching: Matching, group: Group): void {
  const { counts } = matching;
  const { left, right, lefts, rights } = group;
  if (lefts.some((row) => isSettling(matching, left, row)) || rights.some((row) => isSettling(matching, right, row))) {
    counts.settling.left += lefts.length;
    counts.settling.right += rights.length;
    return;
  }
  counts.duplicates.left += Math.max(0, lefts.length - 1);
  counts.duplicates.right += Math.max(0, rights.length - 1);
  const rest = withoutEqual(group, counts);
  const pairs = pairUp(matching, { ...group, ...rest });
  for (const { a, b, differences } of pairs.changed) {
    tell(matching, group, { kind: 'changed', a, b, differences });
  }
  for (const a of pairs.lefts) tell(matching, group, { kind: 'missing', a, differences: [] });
  for (const b of pairs.rights) tell(matching, group, { kind: 'extra', b, differences: [] });
}

interface Rest {
  readonly lefts: readonly number[];
  readonly rights: readonly number[];
}

/** Takes out what has its equal on the other side, as often as it has. */
function withoutEqual({ left, right, lefts, rights }: Group, counts: MatchCounts): Rest {
  if (lefts.length === 0 || rights.length === 0) return { lefts, rights };
  const open = new Map<number, number[]>();
  for (const b of rights) {
    const word = right.content(b)[0] ?? 0;
    const list = open.get(word);
    if (list === undefined) open.set(word, [b]);
    else list.push(b);
  }
  const taken = new Set<number>();
  const restLefts = lefts.filter((a) => {
    const list = open.get(left.content(a)[0] ?? 0) ?? [];
    const at = list.findIndex((b) => isSameContent(left, a, right, b));
    if (at < 0) return true;
    for (const b of list.splice(at, 1)) taken.add(b);
    counts.equal++;
    return false;
  });
  return { lefts: restLefts, rights: rights.filter((b) => !taken.has(b)) };
}

interface Pair {
  readonly a: number;
  readonly b: number;
  readonly differences: readonly Difference[];
}

/** Pairs what is left of a key: first what the tolerances make equal, then in the order of the sources. */
function pairUp(matching: Matching, group: Group): Rest & { readonly changed: readonly Pair[] } {
  const { lefts, rights } = group;
  if (lefts.length === 0 || rights.length === 0) return { lefts, rights, changed: [] };
  const texts = {
    lefts: lefts.map((a) => valueAtRow(matching, group, 'left', a)),
    rights: rights.map((b) => valueAtRow(matching, group, 'right', b)),
  };
  const openRights = new Set(rights.keys());
  const openLefts: number[] = [];
  const compare = (i: number, j: number) => matching.comparer.compare(texts.lefts[i] ?? null, texts.rights[j] ?? null);
  for (const i of lefts.keys()) {
    const candidates = lefts.length * rights.length <= MOST_TO_COMPARE ? [...openRights] : [...openRights].slice(0, 1);
    const equal = candidates.find((j) => compare(i, j).length === 0);
    if (equal === undefined) {
      openLefts.push(i);
      continue;
    }
    openRights.delete(equal);
    matching.counts.equal++;
    matching.counts.tolerated++;
  }
  const left = [...openRights];
  const changed = openLefts.slice(0, left.length).map((i, at) => {
    const j = left[at] ?? 0;
    return { a: lefts[i] ?? 0, b: rights[j] ?? 0, differences: compare(i, j) };
  });
  return {
    changed,
    lefts: openLefts.slice(left.length).map((i) => lefts[i] ?? 0),
    rights: left.slice(openLefts.length).map((j) => rights[j] ?? 0),
  };
}

function valueAtRow(matching: Matching, group: Group, side: 'left' | 'right', row: number) {
  return parseExact(matching.read(matching[side], group[side], row));
}

interface Found {
  readonly kind: DiffExample['kind'];
  readonly a?: number;
  readonly b?: number;
  readonly differences: readonly Difference[];
}

function tell(matching: Matching, { left, right, lefts, rights }: Group, { kind, a, b, differences }: Found): void {
  const { names, findings } = matching;
  const rows = a === undefined ? right : left;
  const row = a ?? b ?? 0;
  const timeUs = rows.timeUs(row);
  const places: { left?: TextPlace; right?: TextPlace } = {};
  if (a !== undefined) places.left = left.place(a);
  if (b !== undefined) places.right = right.place(b);
  const found: DiffExample = {
    kind,
    class:
      kind === 'changed'
        ? classOfChanged(differences)
        : classOfLone({
            kind,
            isSurplus: (kind === 'missing' ? rights : lefts).length > 0,
            timeUs,
            otherLastUs: (kind === 'missing' ? matching.right : matching.left).lastUs,
          }),
    name: names.nameOf(rows.name(row)),
    timeUs,
    ...places,
    differences,
  };
  findings.add(found);
  matching.onFound(found);
}
