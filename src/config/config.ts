/** What respool.config.(json|yaml|yml) says, checked and with `${NAME}` expanded. */
export interface Config {
  /** Absolute path of the file; undefined when there is none. */
  readonly path: string | undefined;
  /** Defaults for flags by their long name without dashes: `jobs`, `max-rejected`. */
  readonly defaults: Readonly<Record<string, FlagDefault>>;
  readonly sinks: Readonly<Record<string, NamedPlace>>;
  readonly sources: Readonly<Record<string, NamedPlace>>;
  readonly fields: ConfiguredFields;
  /** Values that came from the environment and must never be printed. */
  readonly secrets: readonly string[];
}

export interface FlagDefault {
  readonly texts: readonly string[];
  /** `respool.config.yaml:3:5`, for messages. */
  readonly at: string;
}

/** A sink or source under a name of the user's own. */
export interface NamedPlace {
  /** URL or scheme, with all configured options in its query. */
  readonly url: string;
  /** Environment variables that it needs and that are not set; an error only once the place is used. */
  readonly missing: readonly string[];
  /** `respool.config.yaml:3:5`, for messages. */
  readonly at: string;
}

/** JSON Pointers or bare top-level names. */
export interface ConfiguredFields {
  readonly id?: string;
  readonly name?: string;
  readonly time?: string;
  readonly user?: string;
}

/** The configuration of someone who has no file. */
export const emptyConfig: Config = {
  path: undefined,
  defaults: {},
  sinks: {},
  sources: {},
  fields: {},
  secrets: [],
};
