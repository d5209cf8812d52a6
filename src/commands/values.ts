import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import { type Glob, parseGlob } from '../validate/glob.js';
import type { Given, Parser } from './option.js';

/** Refuses a value: names the option, what is allowed and what was given. */
export function refuse(given: Given, text: string, allowed: string, hint?: string): never {
  throw new UsageError(`${given.name} takes ${allowed}, not ${JSON.stringify(text)}`, {
    code: 'invalid_option_value',
    ...(hint !== undefined && { hint }),
  });
}

/** Any text that is not empty. */
export const text: Parser<string> = (value, given) => {
  if (value === '') refuse(given, value, 'a value');
  return value;
};

/** One of `choices`. */
export function choice<const Choice extends string>(choices: readonly Choice[]): Parser<Choice> {
  return (value, given) => {
    const found = choices.find((candidate) => candidate === value);
    if (found !== undefined) return found;
    const meant = closest(value, choices);
    return refuse(given, value, `one of ${choices.join(', ')}`, meant && `did you mean ${meant}?`);
  };
}

/** A whole number between `least` and `most`, both allowed. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Parser<number> {
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (value, given) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    return number >= least && number <= most ? number : refuse(given, value, `a whole number ${range}`);
  };
}

/** An age in milliseconds: `30d`, `12h`, `90m`, `2w`. */
export const age: Parser<number> = (value, given) => {
  const [, digits = '', unit = ''] = /^(\d+)([mhdw])$/.exec(value) ?? [];
  const minutes = { m: 1, h: 60, d: 1_440, w: 10_080 }[unit];
  return minutes === undefined
    ? refuse(given, value, 'an age such as 30d, 12h or 90m')
    : Number(digits) * minutes * 60_000;
};

/** Bytes: `65536`, `512K`, `64M`, `2G`. */
export const size: Parser<number> = (value, given) => {
  const [, digits = '', unit = ''] = /^([1-9]\d*)([KMG]?)$/iu.exec(value) ?? [];
  const bytes = Number(digits) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit.toUpperCase());
  return digits !== '' && Number.isSafeInteger(bytes) ? bytes : refuse(given, value, 'a size such as 512K, 64M or 2G');
};

/** How much of something is too much: a number of events, or a share of those read. */
export type Threshold =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'percent'; readonly percent: number };

/** `100` or `2.5%`. */
export const threshold: Parser<Threshold> = (value, given) => {
  const [, digits = '', percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(value) ?? [];
  const number = digits === '' ? Number.NaN : Number(digits);
  if (percent === '%' && number <= 100) return { kind: 'percent', percent: number };
  if (percent === '' && Number.isSafeInteger(number)) return { kind: 'count', count: number };
  return refuse(given, value, 'a number of events or a percentage up to 100%, such as 100 or 2.5%');
};

/** Steps between commas, each a number of events or a share: `10,1%,10%`. */
export const canarySteps: Parser<readonly Threshold[]> = (value, given) => {
  const steps = value.split(',').map((word) => /^(\d+(?:\.\d+)?)(%?)$/u.exec(word.trim()));
  return steps.map((step) => {
    const [, digits = '', percent] = step ?? [];
    const number = digits === '' ? 0 : Number(digits);
    if (percent === '%' && number > 0 && number <= 100) return { kind: 'percent', percent: number };
    if (percent === '' && number > 0 && Number.isSafeInteger(number)) return { kind: 'count', count: number };
    return refuse(given, value, 'steps between commas, such as 10,1%,10%');
  });
};

/** A threshold for all events, or for those of one name. */
export interface NamedThreshold {
  readonly name?: string;
  readonly limit: Threshold;
}

/** `100`, `2.5%`, or one of them behind the name of an event: `order_placed=0`. */
export const namedThreshold: Parser<NamedThreshold> = async (value, given) => {
  const at = value.lastIndexOf('=');
  const limit = await threshold(value.slice(at + 1), given);
  return at < 0 ? { limit } : { name: value.slice(0, at), limit };
};

/** A pattern over file names: `broken/**`, `*.bad.json`. */
export const glob: Parser<Glob> = (value, given) => {
  const read = parseGlob(value);
  return 'problem' in read ? refuse(given, value, `a glob such as broken/** or *.bad.json (${read.problem})`) : read;
};

/** Texts between commas, none of them empty. */
export const list: Parser<readonly string[]> = (value, given) => {
  const items = value.split(',').map((item) => item.trim());
  return items.includes('') ? refuse(given, value, 'names between commas, such as id,name,time') : items;
};

/** One character; `tab` and `\t` are the tabulator. */
export const character: Parser<string> = (value, given) => {
  if (value === 'tab' || value === '\\t') return '\t';
  return [...value].length === 1 ? value : refuse(given, value, 'one character, or the word tab');
};

/** One character, or `none`. */
export const characterOrNone: Parser<string | null> = (value, given) => {
  if (value === 'none') return null;
  return [...value].length === 1 ? value : refuse(given, value, 'one character, or the word none');
};

/** A JSON Pointer (RFC 6901), or the bare name of a top-level field. */
export const field: Parser<string> = (value, given) => {
  const isPointer = value.startsWith('/');
  if (value === '' || (isPointer && /~(?![01])/.test(value))) {
    refuse(given, value, 'a field name or a JSON Pointer, such as id or /properties/id');
  }
  return value;
};

/** Like `field`; an empty text is the pointer to the whole (RFC 6901, section 5). */
export const fieldOrWhole: Parser<string> = (value, given) => (value === '' ? '' : field(value, given));

/** A remote URI, and where its local copy lies. */
export interface UriMapping {
  readonly uri: string;
  readonly path: string;
}

/** `https://schemas.example.com/=vendor/schemas`: a URI, or the beginning of many, and a file or folder. */
export const uriMapping: Parser<UriMapping> = (value, given) => {
  const at = value.lastIndexOf('=');
  const [uri, path] = [value.slice(0, Math.max(at, 0)), value.slice(at + 1)];
  if (path === '' || !URL.canParse(uri) || uri.includes('#')) {
    refuse(given, value, 'a URI and a path, such as https://schemas.example.com/=vendor/schemas');
  }
  return { uri: new URL(uri).href, path };
};
