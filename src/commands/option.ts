/** What help, docs and completion say of an option. */
export interface OptionDescription {
  /** Long form with its dashes: `--max-rate`. */
  readonly flag: string;
  /** Short form with its dash: `-q`. */
  readonly short?: string;
  /** Name of the value, without brackets: `n`. Absent: the option is a switch. */
  readonly value?: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Heading under which help shows it. */
  readonly group: string;
  /** The only values allowed. */
  readonly choices?: readonly string[];
  /** What holds when the option is absent, as the user would type it. */
  readonly default?: string;
  /** What shells complete after the option. */
  readonly completes?: 'file' | 'folder';
}

/** One option of a command: its description, and how its texts become a value. */
export interface Option<Value = unknown> {
  readonly description: OptionDescription;
  readonly isRepeatable: boolean;
  /**
   * @param texts what was typed or configured, in order; empty when the option is absent.
   * @throws UsageError that names the option and what is allowed.
   */
  read(texts: readonly string[], given: Given): Promise<Value>;
}

/** Where a text stands, and what else was given. */
export interface Given {
  /** How messages name the option: `--max-rate`, or its place in the configuration file. */
  readonly name: string;
  /** The text of another option, where it was given once. */
  textOf(flag: string): string | undefined;
}

export type Parser<Value> = (text: string, given: Given) => Value | Promise<Value>;

/** The options of a command by the names under which the command reads their values. */
export type Options = { readonly [name: string]: Option };

/** The values of `O`'s options. */
export type ValuesOf<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer Value> ? Value : never;
};

/** An option with a value that may be absent. */
export function optional<Value>(description: OptionDescription, parse: Parser<Value>): Option<Value | undefined> {
  return {
    description,
    isRepeatable: false,
    read: async (texts, given) => {
      const text = texts.at(-1);
      return text === undefined ? undefined : parse(text, given);
    },
  };
}

/** An option that has a value even when it is absent. */
export function withDefault<Value>(
  description: OptionDescription & { readonly default: string },
  parse: Parser<Value>,
): Option<Value> {
  return {
    description,
    isRepeatable: false,
    read: async (texts, given) => parse(texts.at(-1) ?? description.default, given),
  };
}

/** An option that may be given several times. */
export function repeatable<Value>(description: OptionDescription, parse: Parser<Value>): Option<readonly Value[]> {
  return {
    description,
    isRepeatable: true,
    read: (texts, given) => Promise.all(texts.map(async (text) => parse(text, given))),
  };
}

/** An option without a value: true when given. In the configuration file it may also be false. */
export function toggle(description: OptionDescription): Option<boolean> {
  return {
    description,
    isRepeatable: false,
    read: async (texts) => texts.at(-1) === 'true',
  };
}
