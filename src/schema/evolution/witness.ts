import type { JsonObject } from '../../event/event.js';
import { formatPointer } from '../../event/pointer.js';
import type { Checker, Problem } from '../check.js';
import { isObject } from '../walk.js';
import { APPLICATORS, type Difference, type Pair } from './differences.js';
import { generate } from './generator.js';
import { ABSENT, probesFor } from './probes.js';
import { type Room, sampleWith } from './sample.js';

/** An event that the checker of exactly one side accepts, and what the other has against it. */
export interface Witness {
  readonly event: JsonObject;
  readonly acceptedBy: 'before' | 'after';
  readonly problem: Problem;
}

/** Events of one name before and after, and the real checkers of both. */
export interface Contest {
  readonly rooms: Pair<Room>;
  readonly checkers: Pair<Checker>;
  /** Member that holds the name: a witness of another name, or without one, would be checked against another schema. */
  readonly nameMember?: string;
}

/** For each side at most one event that it accepts and the other side refuses because of this difference. */
export function findWitnesses(difference: Difference, contest: Contest): readonly Witness[] {
  const { rooms } = contest;
  const probes = probesFor(difference, { before: rooms.before.schemas, after: rooms.after.schemas });
  return (['before', 'after'] as const).flatMap((acceptedBy) => {
    const bases = basesFor(difference, contest, acceptedBy);
    return findWitness(difference, contest, { acceptedBy, bases, probes }) ?? [];
  });
}

interface Search {
  readonly acceptedBy: 'before' | 'after';
  readonly bases: readonly JsonObject[];
  readonly probes: readonly unknown[];
}

function findWitness(difference: Difference, contest: Contest, search: Search): Witness | undefined {
  const { acceptedBy, bases, probes } = search;
  const refuser = contest.checkers[acceptedBy === 'before' ? 'after' : 'before'];
  for (const base of bases) {
    for (const probe of probes) {
      const event = named(withValue(base, difference.at, probe), contest);
      if (!isObject(event) || contest.checkers[acceptedBy].check(event, contest.rooms.before.name)) continue;
      const problems = refuser.check(event, contest.rooms.before.name);
      const problem = problems?.find((each) => isShown(each, difference));
      if (problem !== undefined) return { event, acceptedBy, problem };
    }
  }
  return undefined;
}

function named(event: unknown, { nameMember, rooms }: Contest): unknown {
  return nameMember === undefined || !isObject(event) ? event : { ...event, [nameMember]: rooms.before.name };
}

/** Events that have the place of the difference, from the side that is to accept them, then from the other. */
function basesFor({ at }: Difference, { rooms, checkers }: Contest, side: 'before' | 'after'): readonly JsonObject[] {
  const other = side === 'before' ? 'after' : 'before';
  const path = at.slice(0, -1);
  const found = [
    sampleWith(checkers[side], rooms[side], at),
    sampleWith(checkers[side], rooms[side], path),
    sampleWith(checkers[other], rooms[other], at),
    generate(rooms[side].schemas, rooms[side].roots, { path: at }),
  ];
  return found.filter(isObject);
}

function isShown({ rule, pointer }: Problem, difference: Difference): boolean {
  const place = formatPointer(difference.at);
  const isWithin = pointer === place || pointer.startsWith(`${place}/`) || place === '';
  if (difference.isWhole || difference.rule in APPLICATORS) return isWithin;
  const isSame = rule === difference.rule || (ENUMS.has(rule) && ENUMS.has(difference.rule));
  return pointer === place && isSame;
}

const ENUMS = new Set(['enum', 'const']);

/** A copy in which the value at a path is another, or gone; undefined when the copy has no such place. */
function withValue(base: unknown, path: readonly string[], value: unknown): unknown {
  const [token, ...rest] = path;
  if (token === undefined) return value;
  if (Array.isArray(base)) {
    const copy: unknown[] = [...(base as readonly unknown[])];
    if (Number(token) > copy.length || value === ABSENT) return undefined;
    copy[Number(token)] = withValue(copy[Number(token)], rest, value);
    return copy;
  }
  if (!isObject(base)) return undefined;
  if (rest.length > 0) {
    const child = withValue(base[token], rest, value);
    return child === undefined ? undefined : { ...base, [token]: child };
  }
  const { [token]: _, ...others } = base;
  return value === ABSENT ? others : { ...base, [token]: value };
}
