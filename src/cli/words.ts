import type { Argument, Command } from '../commands/command.js';
import type { Option, OptionDescription } from '../commands/option.js';

/** `respool replay [options] <dump...>` */
export function usageOf(command: Command): string {
  const options = Object.keys(command.options).length > 0 ? ['[options]'] : [];
  return ['respool', command.name, ...options, ...command.arguments.map(argumentOf)].join(' ');
}

/** `<dump...>`, `[shell]` */
export function argumentOf({ name, isRequired, isVariadic }: Argument): string {
  const inner = isVariadic ? `${name}...` : name;
  return isRequired ? `<${inner}>` : `[${inner}]`;
}

/** `-q, --quiet`, `--to <sink>`: an option with its short form and its value. */
export function flagsOf({ short, flag, value }: OptionDescription): string {
  return `${short === undefined ? '' : `${short}, `}${flag}${value === undefined ? '' : ` <${value}>`}`;
}

/** The summary with what is allowed, the default, and whether the option may be repeated. */
export function summaryOf({ description, isRepeatable }: Option): string {
  const { summary, choices } = description;
  const facts = [
    ...(choices === undefined ? [] : [choices.join(', ')]),
    ...(description.default === undefined ? [] : [`default: ${description.default}`]),
    ...(isRepeatable ? ['repeatable'] : []),
  ];
  return facts.length === 0 ? summary : `${summary} (${facts.join('; ')})`;
}

/** The options under their headings, in the order of definition. */
export function optionGroups(command: Command): ReadonlyMap<string, readonly Option[]> {
  const groups = new Map<string, Option[]>();
  for (const option of Object.values(command.options)) {
    const { group } = option.description;
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  return groups;
}
