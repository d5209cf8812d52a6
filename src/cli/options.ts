import type { Command } from '../commands/command.js';
import type { Given } from '../commands/option.js';
import type { Config } from '../config/config.js';
import type { Typed } from './parse.js';

/**
 * Turns texts into a command's values: what was typed wins over the configuration, which wins over the default.
 * @throws UsageError that names the option, or its place in the configuration file, and what is allowed.
 */
export async function readOptions(command: Command, typed: Typed, config: Config): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(command.options)) {
    const { texts, given } = givenFor(option.description.flag, typed, config);
    values[name] = await option.read(texts, given);
  }
  return values;
}

function givenFor(flag: string, typed: Typed, config: Config): { texts: readonly string[]; given: Given } {
  const textsOf = (other: string): readonly string[] =>
    typed.texts.get(other) ?? configured(other, config)?.texts ?? [];
  const place = typed.texts.has(flag) ? undefined : configured(flag, config);
  const name = place === undefined ? flag : `${flag.slice(2)} (${place.at})`;
  return { texts: textsOf(flag), given: { name, textOf: (other) => textsOf(other).at(-1) } };
}

function configured(flag: string, config: Config): Config['defaults'][string] | undefined {
  const key = flag.slice(2);
  return Object.hasOwn(config.defaults, key) ? config.defaults[key] : undefined;
}
