import { formatPointer } from '../../event/pointer.js';
import type { Catalog } from '../catalog.js';
import { type CheckOptions, compileCatalog } from '../compile.js';
import { byVersion } from '../versions.js';
import type { Change } from './change.js';
import { type Difference, findDifferences, type Pair } from './differences.js';
import { nameMember } from './name-member.js';
import { rootsFor, sampleWith } from './sample.js';
import { Schemas } from './schemas.js';
import { type Contest, findWitnesses, type Witness } from './witness.js';

// Where a list of values or a type says more, a rule beside it may never be what refuses.
const SUBSUMED = new Set(['type', 'enum', 'const']);

/**
 * Compares two catalogs for each event name, and, where one schema is for all events, for events without a schema of
 * their own. `breaking` is only said with an event that the checker of one side accepts and that of the other refuses;
 * a rule that breaks both ways is told twice, once for each. A name without a difference gets one change that says so.
 * With `unknownEvent: 'reject'`, the default, a name that is added or removed is a change of what is accepted.
 */
export function compareCatalogs(
  before: Catalog,
  after: Catalog,
  options: CheckOptions = { unknownEvent: 'reject' },
): readonly Change[] {
  const names = new Set([...before.events, ...after.events].map(({ name }) => name));
  const perName = [...names].sort().flatMap((name) => compareName(name, { before, after }, options));
  const isForAll = before.envelope !== undefined || after.envelope !== undefined;
  const forAll = isForAll ? compareSchemas('', { before, after }, { unknownEvent: 'accept' }) : [];
  return [...forAll, ...perName];
}

function compareName(name: string, catalogs: Pair<Catalog>, options: CheckOptions): readonly Change[] {
  const [old, now] = [versionsOf(catalogs.before, name), versionsOf(catalogs.after, name)];
  if (old.length === 0 || now.length === 0) {
    const side = old.length === 0 ? 'after' : 'before';
    const isOpen =
      options.unknownEvent === 'accept' || catalogs[side === 'after' ? 'before' : 'after'].events.length === 0;
    return isOpen ? compareSchemas(name, catalogs, { unknownEvent: 'accept' }) : [nameChange(name, catalogs, side)];
  }
  if (old.length === 1 && now.length === 1) return compareSchemas(name, catalogs, options);
  const shared = old.filter((version) => now.includes(version));
  const pairs = shared.map((version) => [version, version] as const);
  const newest = [old[0] ?? '', now[0] ?? ''] as const;
  if (newest[0] !== newest[1]) pairs.push(newest);
  return [
    ...pairs.flatMap(([left, right]) => {
      const only = {
        before: onlyVersion(catalogs.before, name, left),
        after: onlyVersion(catalogs.after, name, right),
      };
      const label = left === right ? `version ${left}: ` : `version ${left} to ${right}: `;
      return compareSchemas(name, only, options).map((change) => ({ ...change, message: label + change.message }));
    }),
    ...old.filter((version) => !now.includes(version)).map((version) => versionChange(name, version, 'removed')),
    ...now.filter((version) => !old.includes(version)).map((version) => versionChange(name, version, 'added')),
  ];
}

/** Highest first; a schema without a version has an empty one. */
function versionsOf({ events }: Catalog, name: string): readonly string[] {
  const own = events.filter((event) => event.name === name).map(({ version = '' }) => version);
  return own.sort((a, b) => byVersion(b, a));
}

function onlyVersion(catalog: Catalog, name: string, version: string): Catalog {
  return {
    ...catalog,
    events: catalog.events.filter((event) => event.name === name && (event.version ?? '') === version),
  };
}

function versionChange(name: string, version: string, what: 'added' | 'removed'): Change {
  const message = `version ${version} of "${name}" is ${what}; events that name it are checked against another schema ${what === 'added' ? 'before' : 'now'}`;
  return { name, verdict: 'undecided', rule: `version_${what}`, pointer: '', message };
}

function nameChange(name: string, catalogs: Pair<Catalog>, side: 'before' | 'after'): Change {
  const checkers = checkersOf(catalogs, { unknownEvent: 'reject' });
  const schemas = new Schemas(catalogs[side]);
  const event = sampleWith(checkers[side], { schemas, roots: rootsFor(schemas, name), name });
  const isAdded = side === 'after';
  const rule = isAdded ? 'event_added' : 'event_removed';
  const told = isAdded
    ? `"${name}" is new: there was no schema for it`
    : `"${name}" has no schema any more: such events are refused`;
  const place = { name, rule, pointer: '' };
  const other = checkers[isAdded ? 'before' : 'after'];
  if (event === undefined || other.check(event, name) === undefined)
    return { ...place, verdict: 'undecided', message: `${told}; no event could be made to prove it` };
  const breaksFor = [isAdded ? 'readers' : 'writers'] as const;
  return { ...place, verdict: 'breaking', breaksFor, message: told, witness: JSON.stringify(event), acceptedBy: side };
}

function checkersOf({ before, after }: Pair<Catalog>, options: CheckOptions): Contest['checkers'] {
  return { before: compileCatalog(before, options), after: compileCatalog(after, options) };
}

function compareSchemas(name: string, catalogs: Pair<Catalog>, options: CheckOptions): readonly Change[] {
  const schemas = { before: new Schemas(catalogs.before), after: new Schemas(catalogs.after) };
  const roots = { before: rootsFor(schemas.before, name), after: rootsFor(schemas.after, name) };
  const rooms = {
    before: { schemas: schemas.before, roots: roots.before, name },
    after: { schemas: schemas.after, roots: roots.after, name },
  };
  const checkers = checkersOf(catalogs, options);
  const member = nameMember({ rooms, checkers });
  const contest = { rooms, checkers, ...(member !== undefined && { nameMember: member }) };
  const found = findDifferences(schemas, roots).map((difference) => ({
    difference,
    witnesses: findWitnesses(difference, contest),
  }));
  const proved = new Set(
    found.filter(({ witnesses }) => witnesses.length > 0).map(({ difference }) => formatPointer(difference.at)),
  );
  const changes = found.flatMap(({ difference, witnesses }) => {
    if (witnesses.length > 0) return witnesses.map((witness) => breaking(name, difference, witness));
    // All events of a name have that very name: what else a schema says of it makes no difference to them.
    if (isNameAlone(difference, contest)) return [];
    return SUBSUMED.has(difference.rule) && proved.has(formatPointer(difference.at))
      ? []
      : [undecided(name, difference)];
  });
  if (changes.length > 0) return distinct(changes);
  if (schemas.before.drafts !== schemas.after.drafts) return [otherDraft(name, schemas)];
  if (isDynamic(catalogs)) return [dynamic(name)];
  const message = 'the same events are accepted before and after';
  return [{ name, verdict: 'compatible', rule: 'same', pointer: '', message }];
}

function isNameAlone({ at }: Difference, { nameMember: member, rooms, checkers }: Contest): boolean {
  if (member === undefined || at.length !== 1 || at[0] !== member) return false;
  // Without an event to try it on nothing is known.
  return (['before', 'after'] as const).every((side) => sampleWith(checkers[side], rooms[side]) !== undefined);
}

function breaking(name: string, { rule, path, at }: Difference, { event, acceptedBy, problem }: Witness): Change {
  const pointer = formatPointer(path);
  const isStricter = acceptedBy === 'before';
  const where = pointer === '' ? 'the event' : pointer;
  const place =
    problem.pointer === pointer || problem.pointer === formatPointer(at) ? where : `${where} (${problem.pointer})`;
  const message = isStricter
    ? `${place}: ${problem.message}; this was accepted before, so producers that have not changed are refused (${rule})`
    : `${place}: no longer refused: "${problem.message}"; readers that rely on the schema before meet such events (${rule})`;
  const breaksFor = [isStricter ? 'writers' : 'readers'] as const;
  return { name, verdict: 'breaking', breaksFor, rule, pointer, message, witness: JSON.stringify(event), acceptedBy };
}

function undecided(name: string, { rule, path }: Difference): Change {
  const pointer = formatPointer(path);
  const message = `${pointer === '' ? 'the event' : pointer}: ${rule} differs, but no event was found that only one side accepts: look at it yourself`;
  return { name, verdict: 'undecided', rule, pointer, message };
}

function otherDraft(name: string, { before, after }: Pair<Schemas>): Change {
  const message = `the rules read the same, but $schema is another: ${before.drafts} before, ${after.drafts} now`;
  return { name, verdict: 'undecided', rule: '$schema', pointer: '', message };
}

/** A dynamic reference means what is around it, which comparing the places side by side does not see. */
function isDynamic({ before, after }: Pair<Catalog>): boolean {
  if (before.fingerprint === after.fingerprint) return false;
  return [before, after].some(({ files }) => /"\$(?:dynamic|recursive)Ref"/u.test(JSON.stringify(files)));
}

function dynamic(name: string): Change {
  const message =
    'the files differ, and $dynamicRef or $recursiveRef hides whether that matters here: look at it yourself';
  return { name, verdict: 'undecided', rule: '$dynamicRef', pointer: '', message };
}

function distinct(changes: readonly Change[]): readonly Change[] {
  const key = ({ rule, pointer, acceptedBy }: Change) => `${rule} ${pointer} ${acceptedBy ?? ''}`;
  return [...new Map(changes.toReversed().map((change) => [key(change), change])).values()].reverse();
}
