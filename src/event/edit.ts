import { keyText, locatePointer, type MemberSpans, memberSpans, type Span } from './locate.js';

/** A JSON text that is changed in places; everything else keeps its bytes. */
type Text = Uint8Array;

/** The raw JSON at a pointer; undefined when there is none. */
export function rawAt(text: Text, pointer: readonly string[]): string | undefined {
  const span = locatePointer(text, whole(text), pointer);
  return span && slice(text, span);
}

/** Puts raw JSON at a pointer, and makes the objects on the way to it; undefined when something else is in the way. */
export function setAt(text: Text, pointer: readonly string[], raw: string): Text | undefined {
  for (let depth = pointer.length; depth >= 0; depth--) {
    const span = locatePointer(text, whole(text), pointer.slice(0, depth));
    if (span === undefined) continue;
    const missing = pointer.slice(depth);
    if (missing.length === 0) return splice(text, span, raw);
    const members = memberSpans(text, span);
    if (members === undefined) return undefined;
    const [key = '', ...inner] = missing;
    const value = inner.reduceRight((nested, name) => `{${JSON.stringify(name)}:${nested}}`, raw);
    const at = members.at(-1)?.value.end ?? span.start + 1;
    return splice(text, { start: at, end: at }, `${members.length > 0 ? ',' : ''}${JSON.stringify(key)}:${value}`);
  }
  return undefined;
}

/** Takes the member or element at a pointer out; undefined when there is none. */
export function removeAt(text: Text, pointer: readonly string[]): Text | undefined {
  const parent = locatePointer(text, whole(text), pointer.slice(0, -1));
  const members = parent && memberSpans(text, parent);
  if (members === undefined) return undefined;
  const name = pointer.at(-1);
  const at = members.findLastIndex(({ key }) => keyText(text, key) === name);
  if (at < 0) return undefined;
  const without = splice(text, spanWithComma(members, at), '');
  // Of repeated keys all have to go: the one before would count otherwise.
  return removeAt(without, pointer) ?? without;
}

/** Gives the member at one pointer another place; undefined when there is none. What stands there is replaced. */
export function moveAt(text: Text, from: readonly string[], to: readonly string[]): Text | undefined {
  const raw = rawAt(text, from);
  if (raw === undefined) return undefined;
  const without = removeAt(text, from);
  return without && setAt(without, to, raw);
}

function spanWithComma(members: readonly MemberSpans[], at: number): Span {
  const { key, value } = members[at] as MemberSpans; // the index has been found
  const before = members[at - 1];
  const after = members[at + 1];
  if (before !== undefined) return { start: before.value.end, end: value.end };
  return { start: key.start, end: after === undefined ? value.end : after.key.start };
}

function splice(text: Text, { start, end }: Span, raw: string): Text {
  return Buffer.concat([text.subarray(0, start), Buffer.from(raw), text.subarray(end)]);
}

function slice({ buffer, byteOffset, byteLength }: Text, { start, end }: Span): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8', start, end);
}

const whole = (text: Text): Span => ({ start: 0, end: text.length });
