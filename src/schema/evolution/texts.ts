import { regExp } from '../pattern.js';

const FORMATS: Readonly<Record<string, readonly string[]>> = {
  'date-time': ['2024-01-31T12:00:00Z'],
  date: ['2024-01-31'],
  time: ['12:00:00Z'],
  duration: ['P1D'],
  uuid: ['0190a3f0-7c1b-4d2e-8f3a-5b6c7d8e9f00'],
  email: ['someone@example.com'],
  uri: ['https://example.com/'],
  'uri-reference': ['/a'],
  hostname: ['example.com'],
  ipv4: ['192.0.2.1'],
  ipv6: ['2001:db8::1'],
  'json-pointer': ['/a'],
  regex: ['a'],
  byte: ['YQ=='],
};
const PLAIN = ['text', 'a', 'A', '1', 'ab', 'AB', 'abc', 'a_b', 'a-b', 'a.b', '1.0.0', '1.0', '+1', '#ff00ff'];
const SIMPLE = /^\^?((?:\[[^\]]+\]|\\[dw]|[\w :/@#-]|\\[^\w])(?:\{\d+(?:,\d*)?\}|[*+?])?)*\$?$/u;
const PART = /(\[[^\]]+\]|\\.|[\w :/@#-])(\{(\d+)(?:,\d*)?\}|[*+?])?/gu;

/** What a text has to be like. */
export interface TextRules {
  readonly formats: readonly string[];
  readonly patterns: readonly string[];
  readonly minLength: number;
  readonly maxLength: number;
}

/** Texts that are worth trying for such rules, those that fit for certain first; never none. */
export function textsFor(rules: TextRules): readonly string[] {
  const { formats, patterns, minLength, maxLength } = rules;
  const ofFormats = formats.flatMap((format) => FORMATS[format] ?? []);
  const known = [...ofFormats, ...patterns.flatMap(fromPattern), ...PLAIN, ...Object.values(FORMATS).flat()];
  const sized = known.flatMap((text) => resized(text, minLength, maxLength));
  const fits = (text: string) => isFit(text, rules) && (ofFormats.length === 0 || ofFormats.includes(text));
  const all = [...new Set([...sized, ...known, ''])];
  return [...all.filter(fits), ...all.filter((text) => !fits(text))];
}

function isFit(text: string, { patterns, minLength, maxLength }: TextRules): boolean {
  const length = [...text].length;
  return length >= minLength && length <= maxLength && patterns.every((pattern) => matches(pattern, text));
}

function matches(pattern: string, text: string): boolean {
  try {
    return regExp(pattern).test(text);
  } catch {
    return false;
  }
}

function resized(text: string, minLength: number, maxLength: number): readonly string[] {
  const least = Math.min(minLength, 10_000);
  if (text.length < least) return [text + (text.at(-1) ?? 'a').repeat(least - text.length)];
  return text.length > maxLength ? [text.slice(0, maxLength)] : [text];
}

/** Texts that a simple pattern matches: a row of characters and classes, or a choice of such rows. */
export function fromPattern(pattern: string): readonly string[] {
  const choices = /^\^?\(?(?:\?:)?((?:[^()[\]\\|]+\|)+[^()[\]\\|]+)\)?\$?$/u.exec(pattern)?.[1]?.split('|');
  const rows = choices ?? [pattern];
  return rows.flatMap(fromRow).filter((text) => matches(pattern, text));
}

function fromRow(pattern: string): readonly string[] {
  if (!SIMPLE.test(pattern)) return [];
  const body = pattern.replace(/^\^/u, '').replace(/\$$/u, '');
  let text = '';
  for (const [, part = '', repeat = '', count] of body.matchAll(PART)) {
    const times = count === undefined ? (repeat === '*' || repeat === '?' ? 0 : 1) : Number(count);
    text += characterOf(part).repeat(Math.min(times, 1_000));
  }
  return [text];
}

function characterOf(part: string): string {
  if (part === '\\d') return '1';
  if (part === '\\w') return 'a';
  if (part.startsWith('\\')) return part.slice(1);
  if (!part.startsWith('[')) return part;
  return [...'a1A0_-. /:'].find((character) => matches(`^${part}$`, character)) ?? '';
}
