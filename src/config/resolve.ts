import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import type { Config, NamedPlace } from './config.js';

/** What a word behind `--to`, or a source, stands for. */
export interface ResolvedPlace {
  /** The name in the configuration; undefined when the word is an address itself. */
  readonly name: string | undefined;
  /** May hold secrets. */
  readonly url: string;
}

/**
 * The sink that `word` means: one of the configuration by its name, or the address that it is.
 * @param schemes addresses that are bare words, such as `mixpanel`: they are never taken for a typing error.
 * @throws UsageError when the word is nearly a configured name, or a variable that it needs is not set.
 */
export function resolveSink(word: string, config: Config, schemes: readonly string[] = []): ResolvedPlace {
  return resolvePlace(word, config.sinks, { noun: 'sink', schemes });
}

/** The source that `word` means, found like a sink. Paths that exist are never taken for a typing error. */
export function resolveSource(word: string, config: Config): ResolvedPlace {
  const place = Object.hasOwn(config.sources, word) ? config.sources[word] : undefined;
  return place === undefined ? { name: undefined, url: word } : { name: word, url: addressOf(word, place) };
}

interface Kind {
  readonly noun: string;
  readonly schemes: readonly string[];
}

function resolvePlace(word: string, places: Config['sinks'], { noun, schemes }: Kind): ResolvedPlace {
  const place = Object.hasOwn(places, word) ? places[word] : undefined;
  if (place !== undefined) return { name: word, url: addressOf(word, place) };
  const isBareWord = /^[\w-]+$/.test(word) && !schemes.includes(word);
  const meant = isBareWord ? closest(word, Object.keys(places)) : undefined;
  if (meant === undefined) return { name: undefined, url: word };
  throw new UsageError(`the configuration has no ${noun} ${JSON.stringify(word)}`, {
    code: 'unknown_name',
    hint: `did you mean ${meant}?`,
  });
}

function addressOf(word: string, { url, at, missing }: NamedPlace): string {
  if (missing.length === 0) return url;
  throw new UsageError(`${word} (${at}) needs the environment variable ${missing.join(' and ')}`, {
    code: 'variable_missing',
    hint: `export ${missing[0]}=…`,
  });
}
