import { didYouMean } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import { parsePointer } from '../event/pointer.js';
import type { Config, ConfiguredFields, FlagDefault, NamedPlace } from './config.js';
import type { ConfigEntry, ConfigNode, ConfigProblem } from './document.js';
import { expand } from './expand.js';
import { readPlace } from './place.js';

/** What the command line knows of a flag. */
export interface FlagShape {
  /** Long name without dashes. */
  readonly name: string;
  readonly isSwitch: boolean;
  readonly isRepeatable: boolean;
  /** Its value is a path, taken from the folder of the configuration file. */
  readonly isPath: boolean;
}

/** What a check needs to know beside the file. */
export interface CheckContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: readonly FlagShape[];
  /** Makes a path of the file one that holds from the current folder. */
  readonly pathFromHere: (path: string) => string;
}

/** What a file says, and everything that is wrong with it. */
export interface Checked {
  readonly config: Omit<Config, 'path'>;
  readonly problems: readonly ConfigProblem[];
}

/** Flags that only a person may give. */
const neverConfigured = ['config', 'yes'];

/** Reads a whole configuration file and collects all its problems. */
export function checkConfig(root: ConfigNode, context: CheckContext): Checked {
  const problems: ConfigProblem[] = [];
  const secrets: string[] = [];
  const report = (at: string, message: string): void => {
    problems.push({ at, message });
  };
  const check = createCheck(context, report, secrets);
  const sections = sectionsOf(root, ['defaults', 'sinks', 'sources', 'fields'], report);
  return {
    config: {
      defaults: Object.fromEntries(sections('defaults').flatMap(check.flag)),
      sinks: Object.fromEntries(sections('sinks').flatMap((entry) => check.place(entry, 'to'))),
      sources: Object.fromEntries(sections('sources').flatMap((entry) => check.place(entry, 'from'))),
      fields: Object.fromEntries(sections('fields').flatMap(check.field)) satisfies ConfiguredFields,
      secrets,
    },
    problems,
  };
}

type Report = (at: string, message: string) => void;

function sectionsOf(
  root: ConfigNode,
  known: readonly string[],
  report: Report,
): (name: string) => readonly ConfigEntry[] {
  if (root.kind === 'scalar' || root.kind === 'list') report(root.at, `the file must hold ${known.join(', ')}`);
  const entries = root.kind === 'map' ? root.entries : [];
  for (const { key, at } of entries) {
    if (!known.includes(key)) report(at, unknown('key', key, known));
  }
  return (name) => {
    const section = entries.find(({ key }) => key === name);
    if (section === undefined || section.value.kind === 'empty') return [];
    if (section.value.kind === 'map') return section.value.entries;
    report(section.at, `${name} must be a map`);
    return [];
  };
}

function createCheck({ env, flags, pathFromHere }: CheckContext, report: Report, secrets: string[]) {
  const fill = (node: { readonly text: string; readonly at: string }): string => {
    const { text, missing } = expand(node.text, env);
    for (const name of missing) report(node.at, `the environment variable ${name} is not set`);
    return text;
  };

  const flag = ({ key, at, value }: ConfigEntry): [string, FlagDefault][] => {
    const shape = flags.find(({ name }) => name === key);
    if (shape === undefined || neverConfigured.includes(key)) {
      const names = flags.map(({ name }) => name).filter((name) => !neverConfigured.includes(name));
      report(at, neverConfigured.includes(key) ? `${key} must be given as a flag` : unknown('flag', key, names));
      return [];
    }
    const texts = textsOf(value, shape, report);
    return [[key, { at, texts: texts.map((node) => (shape.isPath ? pathFromHere(fill(node)) : fill(node))) }]];
  };

  const field = ({ key, at, value }: ConfigEntry): [keyof ConfiguredFields, string][] => {
    const known = fieldNames.find((name) => name === key);
    if (known === undefined) report(at, unknown('field', key, fieldNames));
    else if (value.kind !== 'scalar' || value.text === '') report(value.at, `${key} must be a name or a JSON Pointer`);
    else return [[known, fieldPointer(value.at, fill(value))]];
    return [];
  };

  const fieldPointer = (at: string, text: string): string => {
    try {
      parsePointer(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      report(at, [error.message, error.hint].filter(Boolean).join(': '));
    }
    return text;
  };

  const place = (entry: ConfigEntry, address: 'to' | 'from'): [string, NamedPlace][] => {
    const read = readPlace(entry, { address, env, report, secrets });
    return read === undefined ? [] : [[entry.key, read]];
  };

  return { flag, field, place };
}

const fieldNames = ['id', 'name', 'time', 'user'] as const;

type Scalar = ConfigNode & { readonly kind: 'scalar' };

function textsOf(value: ConfigNode, { name, isSwitch, isRepeatable }: FlagShape, report: Report): readonly Scalar[] {
  const nodes = value.kind === 'list' && isRepeatable ? value.items : [value];
  const scalars = nodes.filter((node) => node.kind === 'scalar');
  if (scalars.length < nodes.length)
    report(value.at, `${name} must be ${isRepeatable ? 'a value or a list of values' : 'one value'}`);
  if (isSwitch && scalars.some(({ text }) => text !== 'true' && text !== 'false')) {
    report(value.at, `${name} must be true or false`);
  }
  return scalars;
}

function unknown(noun: string, key: string, known: readonly string[]): string {
  return `unknown ${noun} ${JSON.stringify(key)}: ${didYouMean(key, known) ?? `known are ${known.join(', ')}`}`;
}
