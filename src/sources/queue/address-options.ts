import { closest } from '../../did-you-mean.js';
import { UsageError } from '../../errors.js';

/** What may stand behind the `?` of a queue's address. */
export interface OptionsKnown<N extends string, T extends string> {
  /** Whole numbers: least, most, and what holds when it is not named. */
  readonly numbers: Readonly<Record<N, readonly [number, number, number]>>;
  readonly texts: readonly T[];
}

/**
 * Reads the options of a queue's address, `?a=1&b=x`.
 * @throws UsageError `bad_source_address` with what there is instead.
 */
export function readAddressOptions<N extends string, T extends string>(
  address: string,
  query: string,
  { numbers, texts }: OptionsKnown<N, T>,
): Record<N, number> & Partial<Record<T, string>> {
  const given = new URLSearchParams(query);
  const names: string[] = [...Object.keys(numbers), ...texts];
  for (const name of given.keys()) {
    if (names.includes(name)) continue;
    const near = closest(name, names);
    const hint = near === undefined ? `options: ${names.join(', ')}` : `did you mean ${near}?`;
    throw badAddress(address, `there is no option ${name}`, hint);
  }
  const number = (name: N) => {
    const [least, most, usual] = numbers[name];
    const text = given.get(name);
    if (text === null) return usual;
    if (/^\d+$/u.test(text) && Number(text) >= least && Number(text) <= most) return Number(text);
    throw badAddress(address, `${name}=${text} is no number from ${least} to ${most}`, `write ${name}=${usual}`);
  };
  return Object.fromEntries([
    ...Object.keys(numbers).map((name) => [name, number(name as N)]), // the keys of that very object
    ...texts.flatMap((name) => (given.has(name) ? [[name, given.get(name)]] : [])),
  ]);
}

/** The address cannot be read. */
export function badAddress(address: string, why: string, hint: string): UsageError {
  return new UsageError(`${address}: ${why}`, { code: 'bad_source_address', hint });
}
