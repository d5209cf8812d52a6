import { closest } from '../did-you-mean.js';
import { familyNames } from '../sources/envelope/names.js';
import { type UnwrapperReference, unwrapperReference } from '../sources/unwrapper.js';
import type { OptionDescription, Parser } from './option.js';
import { refuse } from './values.js';

/** What `--unwrap` was given: every family, none, or some. */
export type Unwrap = 'auto' | 'none' | readonly string[];

/** `auto`, `none`, names of families between commas, or `auto` and names that are left out, each behind a minus. */
export const unwrap: Parser<Unwrap> = (value, given) => {
  if (value === 'auto' || value === 'none') return value;
  const words = value.split(',').map((word) => word.trim());
  for (const word of words) {
    const name = word.replace(/^-/u, '');
    if (familyNames.includes(name) || word === 'auto') continue;
    const meant = closest(name, familyNames);
    refuse(given, value, `auto, none, or some of ${familyNames.join(', ')}`, meant && `did you mean ${meant}?`);
  }
  const left = new Set(words.filter((word) => word.startsWith('-')).map((word) => word.slice(1)));
  const wanted = new Set(words.includes('auto') || left.size === words.length ? familyNames : words);
  return familyNames.filter((name) => wanted.has(name) && !left.has(name));
};

/** How the option is described; what holds without it is a command's own affair. */
export const unwrapDescription = {
  flag: '--unwrap',
  value: 'auto|none|names',
  summary: 'which envelopes to open (SNS, SQS, Lambda, jobs …): see docs/envelopes.md',
} as const satisfies Partial<OptionDescription>;

/** The unwrapper that the option stands for; undefined when nothing is to be opened. */
export function unwrapperFor(unwrap: Unwrap): { unwrapper?: UnwrapperReference } {
  if (unwrap === 'none') return {};
  return { unwrapper: unwrapperReference(unwrap === 'auto' ? {} : { families: unwrap }) };
}

/** Whether bodies that lie in S3 are fetched. */
export function fetchesBodies(unwrap: Unwrap): boolean {
  return unwrap === 'auto' || (unwrap !== 'none' && unwrap.includes('s3-pointer'));
}
