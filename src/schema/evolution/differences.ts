import { type Schema, type Schemas, stable } from './schemas.js';
import { fromPattern } from './texts.js';
import { elementSchemas, memberSchemas, namePatternsOf, namesOf, tupleLength, type View, viewOf } from './view.js';

/** A rule that is not the same on both sides. */
export interface Difference {
  readonly rule: string;
  /** Where it is told of. */
  readonly path: readonly string[];
  /** Where an event has to be changed to see it: at this member or element, or below it. */
  readonly at: readonly string[];
  readonly before: View;
  readonly after: View;
  /** Whether any refusal at or below the place shows it, not only one for this very rule. */
  readonly isWhole: boolean;
}

/** One value on each side: of the schemas before and of those after. */
export interface Pair<Value> {
  readonly before: Value;
  readonly after: Value;
}

const DEEPEST = 12;
const FREE_DEPTH = 6;
const UNLISTED = 'unlisted_member';

/** Walks two lists of schemas side by side and finds where they are not the same, outermost first. */
export function findDifferences(schemas: Pair<Schemas>, roots: Pair<readonly Schema[]>): readonly Difference[] {
  return new Walk(schemas).at([], roots);
}

class Walk {
  /** Pairs that are open or done: recursive schemas come back to them. */
  private readonly seen = new Set<string>();

  constructor(private readonly schemas: Pair<Schemas>) {}

  at(path: readonly string[], lists: Pair<readonly Schema[]>, told = path, wholeRule?: string): readonly Difference[] {
    const [left, right] = [this.text('before', lists.before), this.text('after', lists.after)];
    const key = `${left} | ${right}`;
    if (left === right || (path.length > FREE_DEPTH && this.seen.has(key))) return [];
    this.seen.add(key);
    const before = viewOf(this.schemas.before, lists.before);
    const after = viewOf(this.schemas.after, lists.after);
    const place = { path: told, at: path, before, after, isWhole: wholeRule !== undefined };
    if (wholeRule !== undefined) return [{ ...place, rule: wholeRule }];
    if (path.length > DEEPEST) return [{ ...place, rule: 'properties', isWhole: true }];
    return [...this.here(place), ...this.members(place), ...this.elements(place)];
  }

  private text(side: keyof Pair<unknown>, list: readonly Schema[]): string {
    const schemas = this.schemas[side];
    return [...new Set(list.filter((schema) => schema !== true).map((schema) => schemas.canonical(schema)))]
      .sort()
      .join();
  }

  private here(place: Omit<Difference, 'rule'>): readonly Difference[] {
    const { before, after, path } = place;
    if (before.isForbidden !== after.isForbidden) return [{ ...place, rule: 'false schema', isWhole: true }];
    if (before.allowed !== undefined && after.allowed !== undefined) {
      const [left, right] = [before.allowed, after.allowed].map((list) => list.map(stable).sort().join());
      return left === right ? [] : [{ ...place, rule: enumRule(before, after) }];
    }
    const rules: string[] = [];
    if ([...before.kinds].join() !== [...after.kinds].join()) rules.push('type');
    if (before.allowed !== after.allowed) rules.push(enumRule(before, after));
    rules.push(...differing(before.limits, after.limits));
    rules.push(...differing(Object.fromEntries(before.rules), Object.fromEntries(after.rules)));
    const named = symmetricDifference(before.required, after.required);
    const required = named.map((name) => ({ ...place, rule: 'required', path: [...path, name], at: [...path, name] }));
    return [...rules.map((rule) => ({ ...place, rule, isWhole: rule in APPLICATORS })), ...required];
  }

  private members(place: Omit<Difference, 'rule'>): readonly Difference[] {
    const { before, after, at, path } = place;
    if (!before.kinds.has('object') || !after.kinds.has('object')) return [];
    const known = new Set([...namesOf(before), ...namesOf(after)]);
    const patterns = [...namePatternsOf(before), ...namePatternsOf(after)];
    const matching = patterns.flatMap((pattern) => fromPattern(pattern)[0] ?? []);
    const found = [...known, ...matching].flatMap((name) => {
      const lists = { before: memberSchemas(before, name), after: memberSchemas(after, name) };
      const isListed = namesOf(before).includes(name) && namesOf(after).includes(name);
      const rule = !isListed && known.has(name) && isOneSided(lists) ? 'properties' : undefined;
      return this.at([...at, name], lists, [...path, name], rule);
    });
    const unlisted = { before: memberSchemas(before, UNLISTED), after: memberSchemas(after, UNLISTED) };
    const isGuessed = patterns.every((pattern) => fromPattern(pattern).length > 0);
    const unguessed = isGuessed ? [] : [{ ...place, rule: 'patternProperties', isWhole: false }];
    return [...found, ...unguessed, ...this.at([...at, UNLISTED], unlisted, path, 'additionalProperties')];
  }

  private elements({ before, after, at, path }: Omit<Difference, 'rule'>): readonly Difference[] {
    if (!before.kinds.has('array') || !after.kinds.has('array')) return [];
    const length = Math.max(tupleLength(before), tupleLength(after)) + 1;
    return Array.from({ length }, (_, index) => String(index)).flatMap((token) => {
      const lists = { before: elementSchemas(before, Number(token)), after: elementSchemas(after, Number(token)) };
      return this.at([...at, token], lists, [...path, token]);
    });
  }
}

/** Rules that hold schemas themselves: what breaks them may be told of with the rules inside. */
export const APPLICATORS = Object.fromEntries(
  'anyOf oneOf not if contains propertyNames dependencies dependentRequired dependentSchemas unevaluatedProperties unevaluatedItems $ref $dynamicRef $recursiveRef'
    .split(' ')
    .map((rule) => [rule, true]),
);

/** Whether a member is declared on one side, while the other takes anything or nothing. */
function isOneSided({ before, after }: Pair<readonly Schema[]>): boolean {
  return [before, after].some((list) => list.every((schema) => schema === true) || list.includes(false));
}

function enumRule(before: View, after: View): string {
  const isConst = (view: View) => view.allowed === undefined || view.nodes.some((node) => 'const' in node);
  return isConst(before) && isConst(after) ? 'const' : 'enum';
}

function differing(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): string[] {
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keywords].filter((keyword) => before[keyword] !== after[keyword]);
}

function symmetricDifference(a: ReadonlySet<string>, b: ReadonlySet<string>): readonly string[] {
  return [...a].filter((each) => !b.has(each)).concat([...b].filter((each) => !a.has(each)));
}
