import { closest } from '../did-you-mean.js';
import type { JsonObject } from './event.js';
import { countConflicts, countUsable } from './field-samples.js';
import { formatPointer, type Pointer, parsePointer, valueAt } from './pointer.js';
import { createTimeReader } from './time.js';
import { type FieldRole, WELL_KNOWN } from './well-known.js';

/** Where one part of an event's identity stands. */
export interface FieldChoice {
  readonly pointer: Pointer;
  /** The pointer as text. */
  readonly text: string;
  readonly why: 'flag' | 'config' | 'schema' | 'well-known';
  /** How many of the events looked at have it, where that is fewer than half of them. */
  readonly rare?: string;
}

/** Where id, name, time and user of the events stand; what is absent has not been found. */
export interface Fields {
  readonly id?: FieldChoice;
  readonly name?: FieldChoice;
  readonly time?: FieldChoice;
  readonly user?: FieldChoice;
}

/** Pointers as users write them: `/properties/id`, or a word for a top-level field. */
type FieldNames = { readonly [role in FieldRole]?: string | undefined };

export interface FieldSources {
  readonly flags: FieldNames;
  readonly config: FieldNames;
  /** The schema's own `x-respool`. */
  readonly annotation: FieldNames;
  /** The first events of the source, at most 1,000 are looked at. */
  readonly samples: readonly JsonObject[];
  /** Top-level members that the schema names for all events. */
  readonly declared?: ReadonlySet<string>;
}

export interface ChosenFields {
  readonly fields: Fields;
  /** Which field was taken and why, a sentence each. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

const MOST_SAMPLES = 1000;
/** Names that can only mean the event's own id. A few repeats there are faults of a sender, not another meaning. */
const SAYS_EVENT = /^\/event_?(id|uuid)$/i;
const ROLES: readonly FieldRole[] = ['id', 'name', 'time', 'user'];
const WHY = { config: 'config', schema: 'x-respool of the schema', 'well-known': 'well-known name' };

/**
 * Decides where id, name, time and user of the events stand: flags before config before the schema's annotation before
 * well-known names. The first well-known name counts where at least half of the samples hold a usable value; without one,
 * as among dead letters that all lack what they died of, the name that most of them hold. An id has to mean equal
 * events: always, or mostly where its name says that it is the event's.
 * @throws UsageError `bad_pointer` when a named field is no pointer.
 */
export function chooseFields(sources: FieldSources): ChosenFields {
  const samples = sources.samples.slice(0, MOST_SAMPLES);
  const warnings: string[] = [];
  const fields: { [role in FieldRole]?: FieldChoice } = {};
  for (const role of ROLES) {
    const choice =
      namedField(role, { ...sources, samples }, warnings) ?? guessedField(role, { ...sources, samples }, warnings);
    if (choice !== undefined) fields[role] = choice;
  }
  return { fields, notes: ROLES.flatMap((role) => note(role, fields[role])), warnings };
}

function namedField(role: FieldRole, sources: FieldSources, warnings: string[]): FieldChoice | undefined {
  const { flags, config, annotation, samples } = sources;
  const named = [
    { text: flags[role], why: 'flag' },
    { text: config[role], why: 'config' },
    { text: annotation[role], why: 'schema' },
  ] as const;
  for (const { text, why } of named) {
    if (text === undefined) continue;
    const pointer = parsePointer(text);
    const choice = { pointer, text: formatPointer(pointer), why };
    warnings.push(...absenceWarning(role, choice, samples));
    return choice;
  }
  return undefined;
}

function absenceWarning(role: FieldRole, { pointer, text }: FieldChoice, samples: readonly JsonObject[]): string[] {
  if (samples.length === 0 || samples.some((sample) => valueAt(sample, pointer) !== undefined)) return [];
  const meant = closest(text, new Set(samples.flatMap(pointersOf)));
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  return [`${role}: none of the ${count(samples.length)} events looked at has ${text}${hint}`];
}

/** Pointers to the members of an event and of the objects in it. */
function pointersOf(sample: JsonObject): string[] {
  return Object.entries(sample).flatMap(([key, value]) => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    const inner = isObject ? Object.keys(value).map((name) => formatPointer([key, name])) : [];
    return [formatPointer([key]), ...inner];
  });
}

function guessedField(role: FieldRole, sources: Sampled, warnings: string[]): FieldChoice | undefined {
  const { samples } = sources;
  for (const { text, usable } of candidates(role, sources)) {
    const pointer = parsePointer(text);
    const conflicts = role === 'id' ? countConflicts(samples, pointer) : 0;
    const share = `${count(conflicts)} of ${count(samples.length)}`;
    const isTrusted = SAYS_EVENT.test(text) && conflicts * 2 < usable;
    if (conflicts > 0 && isTrusted) {
      warnings.push(`id ${text} repeats with different content (${share}): --id names another field`);
    }
    if (conflicts === 0 || isTrusted) {
      const isRare = usable * 2 < samples.length;
      const rare = `${count(usable)} of the ${count(samples.length)} events looked at have it`;
      return { pointer, text, why: 'well-known', ...(isRare && { rare }) };
    }
    warnings.push(
      `id ${text} repeats with different content (${share}): not used as the id; name it with --id to insist`,
    );
  }
  return undefined;
}

type Sampled = Pick<FieldSources, 'samples' | 'declared'>;

/**
 * Well-known names that may serve: those that half of the samples hold, in their order, then those that the schema
 * names, then the others, most held first.
 */
function candidates(role: FieldRole, { samples, declared }: Sampled) {
  const readTime = createTimeReader({ timezone: 'UTC' });
  const counted = WELL_KNOWN[role].map((text) => ({
    text,
    isDeclared: samples.length > 0 && declared?.has(text.slice(1)) === true,
    ...countUsable(samples, parsePointer(text), role, readTime),
  }));
  const isCommon = ({ usable }: { readonly usable: number }) => usable > 0 && usable * 2 >= samples.length;
  const rare = counted.filter((each) => !isCommon(each) && each.usable >= each.other);
  return [
    ...counted.filter(isCommon),
    ...rare.filter(({ isDeclared }) => isDeclared),
    ...rare.filter(({ isDeclared, usable }) => !isDeclared && usable > 0).toSorted((a, b) => b.usable - a.usable),
  ];
}

function note(role: FieldRole, choice: FieldChoice | undefined): string[] {
  if (choice !== undefined) {
    const why = choice.why === 'flag' ? `--${role}` : WHY[choice.why];
    return [`${role}: ${choice.text} (${why}${choice.rare === undefined ? '' : `; only ${choice.rare}`})`];
  }
  if (role === 'id') return ['id: derived from the content of each event (no id field found; --id names one)'];
  return role === 'user' ? [] : [`${role}: none found; --${role} names the field`];
}

function count(number: number): string {
  return number.toLocaleString('en-US');
}
