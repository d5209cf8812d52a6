import { CannotEvaluateError } from '../errors.js';
import type { JsonObject } from '../event/event.js';
import { chooseFields, type FieldChoice, type FieldSources, type Fields } from '../event/fields.js';
import { formatPointer, type Pointer, parsePointer, valueAt } from '../event/pointer.js';
import type { DiffRules, KeyRule } from './rules.js';

/** How the events of both sides are told apart and matched. */
export interface DiffIdentity {
  readonly key: KeyRule;
  readonly left: Fields;
  readonly right: Fields;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

export interface IdentitySources {
  readonly flags: FieldSources['flags'];
  readonly config: FieldSources['config'];
  /** Fields of `--key`, by the left side's names; empty when the id is the key. */
  readonly key: readonly Pointer[];
  readonly byContent: boolean;
  readonly rules: DiffRules;
  readonly left: IdentitySide;
  readonly right: IdentitySide;
}

interface IdentitySide {
  readonly label: string;
  /** The first events; none when the side is empty. */
  readonly samples: readonly JsonObject[];
}

/**
 * Decides what makes an event the same on both sides, and where name and time stand on each.
 * @throws CannotEvaluateError `key_absent` when one side has no event with the key.
 */
export function chooseIdentity(sources: IdentitySources): DiffIdentity {
  const { flags, config, rules, byContent } = sources;
  const left = chooseFields({ flags, config, annotation: {}, samples: sources.left.samples });
  const right = chooseFields({
    flags: renamed(flags, rules),
    config: renamed(config, rules),
    annotation: {},
    samples: sources.right.samples,
  });
  const key = sources.key.length > 0 || byContent ? undefined : sharedId(sources, left.fields.id, right.fields.id);
  for (const pointer of sources.key) checkKey(sources, pointer);
  const rule = keyRule(sources, key);
  const idOf = (pointer: Pointer | undefined, choice: FieldChoice | undefined): { id?: FieldChoice } =>
    pointer === undefined ? {} : { id: { pointer, text: formatPointer(pointer), why: choice?.why ?? 'flag' } };
  const first = key ?? sources.key[0];
  return {
    key: rule,
    left: { ...withoutId(left.fields), ...idOf(first, left.fields.id) },
    right: { ...withoutId(right.fields), ...idOf(first && onRight(first, rules), right.fields.id) },
    notes: [
      keyNote(rule, key),
      ...left.notes.filter(isNotOfId).map((note) => `left ${note}`),
      ...right.notes.filter(isNotOfId).map((note) => `right ${note}`),
    ],
    warnings: [...new Set([...left.warnings, ...right.warnings])].filter(
      (warning) => rule.kind !== 'content' || isNotOfId(warning),
    ),
  };
}

function withoutId({ id: _id, ...rest }: Fields): Fields {
  return rest;
}

/** Fields that the user has named are named as on the left. */
function renamed(names: FieldSources['flags'], rules: DiffRules): FieldSources['flags'] {
  const entries = Object.entries(names).map(([role, text]) => [
    role,
    text === undefined ? undefined : formatPointer(onRight(parsePointer(text), rules)),
  ]);
  return Object.fromEntries(entries);
}

const isNotOfId = (note: string) => !note.startsWith('id');

/** The name that a field of the left side has on the right. */
function onRight(pointer: Pointer, { renames }: DiffRules): Pointer {
  const text = formatPointer(pointer);
  return renames.find(({ left }) => formatPointer(left) === text)?.right ?? pointer;
}

function keyRule({ key, byContent, rules }: IdentitySources, id: Pointer | undefined): KeyRule {
  if (byContent) return { kind: 'content' };
  if (key.length > 0) return { kind: 'fields', pointers: key };
  if (id === undefined) return { kind: 'content' };
  // Rules that change how values are written hold for ids as well.
  const isPlain = !rules.numericStrings && rules.columns.length === 0;
  return isPlain ? { kind: 'id' } : { kind: 'fields', pointers: [id] };
}

/** The id by the left side's name: the one that both sides have. */
function sharedId(
  sources: IdentitySources,
  left: FieldChoice | undefined,
  right: FieldChoice | undefined,
): Pointer | undefined {
  const { rules } = sources;
  if (left !== undefined) {
    checkKey(sources, left.pointer);
    return left.pointer;
  }
  if (right === undefined) return undefined;
  const text = formatPointer(right.pointer);
  const pointer = rules.renames.find((rename) => formatPointer(rename.right) === text)?.left ?? right.pointer;
  checkKey(sources, pointer);
  return pointer;
}

function checkKey(sources: IdentitySources, pointer: Pointer): void {
  for (const side of ['left', 'right'] as const) {
    const { label, samples } = sources[side];
    const own = side === 'left' ? pointer : onRight(pointer, sources.rules);
    if (samples.length === 0 || samples.some((sample) => valueAt(sample, own) !== undefined)) continue;
    const text = formatPointer(own);
    const members = [...new Set(samples.flatMap((sample) => Object.keys(sample)))].slice(0, 12).join(', ');
    throw new CannotEvaluateError(
      `the events of ${label} (${side}) have no ${text}, which is the key: none of the first ${samples.length}`,
      {
        code: 'key_absent',
        hint: `they have ${members}; name the key with --key, or its other name with --map "left=${formatPointer(pointer)} right=/…"`,
      },
    );
  }
}

function keyNote(rule: KeyRule, id: Pointer | undefined): string {
  return `key: ${describeRule(rule, id)}`;
}

/** The key in words. */
export function describeRule(rule: KeyRule, id: Pointer | undefined): string {
  if (rule.kind === 'content') return 'the whole event';
  if (rule.kind === 'fields') return rule.pointers.map(formatPointer).join(' + ');
  return id === undefined ? 'the id' : formatPointer(id);
}
