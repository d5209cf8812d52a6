import { isDeepStrictEqual } from 'node:util';
import { elementSpans, keyText, memberSpans, type Span } from '../../event/locate.js';

/**
 * The text of a value that code has made out of another one. What has not changed keeps its bytes, so that digits
 * beyond 2^53 survive code that knows only doubles.
 * @param before what parsing `text` gave, untouched.
 */
export function reconcile(text: Uint8Array, before: unknown, after: unknown): string {
  return textOf(text, { start: 0, end: text.length }, { before, after });
}

function textOf(text: Uint8Array, span: Span, { before, after }: { before: unknown; after: unknown }): string {
  if (isDeepStrictEqual(before, after)) return Buffer.from(text.subarray(span.start, span.end)).toString().trim();
  if (Array.isArray(before) && Array.isArray(after)) return arrayText(text, span, { before, after });
  if (!isPlain(before) || !isPlain(after)) return JSON.stringify(after) ?? 'null';
  const spans = new Map((memberSpans(text, span) ?? []).map(({ key, value }) => [keyText(text, key), { key, value }]));
  const members = Object.entries(after).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const known = spans.get(name);
    if (known === undefined || !Object.hasOwn(before, name))
      return [`${JSON.stringify(name)}:${JSON.stringify(value)}`];
    const key = Buffer.from(text.subarray(known.key.start, known.key.end)).toString();
    return [`${key}:${textOf(text, known.value, { before: before[name], after: value })}`];
  });
  return `{${members.join(',')}}`;
}

function arrayText(
  text: Uint8Array,
  span: Span,
  { before, after }: { readonly before: readonly unknown[]; readonly after: readonly unknown[] },
): string {
  const spans = elementSpans(text, span) ?? [];
  const elements = after.map((value, at) => {
    const known = spans[at];
    if (known === undefined || at >= before.length) return JSON.stringify(value) ?? 'null';
    return textOf(text, known, { before: before[at], after: value });
  });
  return `[${elements.join(',')}]`;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !('toJSON' in value);
}
