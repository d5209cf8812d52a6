import { didYouMean } from '../../did-you-mean.js';
import { UsageError } from '../../errors.js';

/** The options of a sink's address, `name:?key=value&…`, checked against those that it has. */
export interface HttpSinkOptions {
  get(name: string): string | undefined;
  /** Options `prefix.<name>=value`, by name, in their order. */
  under(prefix: string): ReadonlyMap<string, string>;
}

export interface KnownOptions {
  /** The sink's name as it stands in the address. */
  readonly sink: string;
  readonly names: readonly string[];
  /** Prefixes of options with names of the user's own, without the dot. */
  readonly prefixes: readonly string[];
}

/** Every sink that speaks HTTP has these. */
const COMMON = ['endpoint', 'ca', 'retry-for', 'timeout'];

/**
 * Reads the query of an address. `_` in a name means `-`.
 * @throws UsageError `bad_sink_option` or `bad_sink_address`.
 */
export function parseHttpOptions(address: string, known: KnownOptions): HttpSinkOptions {
  const [, path = '', query = ''] = /^[^:?]*:?([^?]*)(?:\?(.*))?$/su.exec(address) ?? [];
  if (path !== '') {
    throw new UsageError(`${known.sink}:${path} cannot be read: behind ${known.sink}: only options follow`, {
      code: 'bad_sink_address',
      hint: `write ${known.sink}:?endpoint=https://… or ${known.sink} alone`,
    });
  }
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) values.set(knownName(name, known), value);
  return {
    get: (name) => values.get(name) || undefined,
    under(prefix) {
      const start = `${prefix}.`;
      const own = [...values].filter(([name]) => name.startsWith(start));
      return new Map(own.map(([name, value]) => [name.slice(start.length), value]));
    },
  };
}

function knownName(name: string, { sink, names, prefixes }: KnownOptions): string {
  if (prefixes.some((prefix) => name.startsWith(`${prefix}.`) && name.length > prefix.length + 1)) return name;
  const each = [...names, ...COMMON];
  const plain = name.replaceAll('_', '-');
  if (each.includes(plain)) return plain;
  const listed = [...each, ...prefixes.map((prefix) => `${prefix}.<name>`)];
  throw new UsageError(`the sink ${sink} knows no option "${name}"`, {
    code: 'bad_sink_option',
    hint: didYouMean(plain, listed) ?? `options: ${listed.join(', ')}`,
  });
}

/**
 * The origin that `endpoint` names, or the vendor's. The path is always the vendor's.
 * @throws UsageError `bad_sink_option` when it is no address of a server.
 */
export function originOf(options: HttpSinkOptions, vendor: string): string {
  const endpoint = options.get('endpoint');
  if (endpoint === undefined) return vendor;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const isServer = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (url !== undefined && isServer && /^\/?$/u.test(url.pathname) && url.search === '' && url.username === '') {
    return url.origin;
  }
  throw new UsageError('the endpoint has to be scheme, host and port alone', {
    code: 'bad_sink_option',
    hint: 'write endpoint=https://host:port; paths and credentials are not part of it',
  });
}

/**
 * A time in seconds, as milliseconds.
 * @throws UsageError `bad_sink_option`.
 */
export function secondsOption(options: HttpSinkOptions, name: string): number | undefined {
  const text = options.get(name);
  if (text === undefined) return undefined;
  const seconds = Number(text.replace(/s$/u, ''));
  if (seconds > 0 && seconds <= 86_400) return seconds * 1_000;
  throw badOption(`${name}=${text}: a number of seconds up to a day is meant`, `write ${name}=60`);
}

/**
 * One of several words.
 * @throws UsageError `bad_sink_option`.
 */
export function wordOption<Word extends string>(
  options: HttpSinkOptions,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = options.get(name);
  if (text === undefined) return undefined;
  const word = words.find((each) => each === text.toLowerCase());
  if (word !== undefined) return word;
  throw badOption(
    `${name}=${text}: there are ${words.join(', ')}`,
    didYouMean(text, words) ?? `write ${name}=${words[0]}`,
  );
}

/** An option whose value cannot be meant. */
export function badOption(message: string, hint: string): UsageError {
  return new UsageError(message, { code: 'bad_sink_option', hint });
}
