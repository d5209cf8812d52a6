import { moveAt, rawAt, removeAt, setAt } from '../../event/edit.js';
import { elementSpans } from '../../event/locate.js';
import { cast } from './cast.js';
import { type CelContext, type Expression, toJson } from './expression.js';
import type { Operation } from './rule.js';

type Text = Uint8Array;

/** Carries out one operation on the text of an event; what cannot be done changes nothing. */
export function operate(
  text: Text,
  operation: Operation,
  compute: (cel: string) => { readonly expression: Expression; readonly context: CelContext },
): readonly Text[] {
  switch (operation.kind) {
    case 'drop':
      return [];
    case 'splitArray':
      return split(text, operation);
    case 'compute': {
      const { expression, context } = compute(operation.cel);
      const raw = toJson(expression(context));
      return [(raw !== undefined && setAt(text, operation.at, raw)) || text];
    }
    default:
      return [edited(text, operation) ?? text];
  }
}

function edited(
  text: Text,
  operation: Exclude<Operation, { readonly kind: 'drop' | 'splitArray' | 'compute' }>,
): Text | undefined {
  switch (operation.kind) {
    case 'set':
      return setAt(text, operation.at, operation.value);
    case 'copy':
      return setRaw(text, operation.to, rawAt(text, operation.from));
    case 'default':
      return isNothing(rawAt(text, operation.at)) ? setAt(text, operation.at, operation.value) : undefined;
    case 'rename':
      return moveAt(text, operation.from, operation.to);
    case 'remove':
      return removeAt(text, operation.at);
    case 'cast': {
      const raw = rawAt(text, operation.at);
      return setRaw(text, operation.at, raw === undefined ? undefined : cast(raw, operation.to));
    }
    case 'parseJson':
      return setRaw(text, operation.at, parsed(rawAt(text, operation.at)));
  }
}

function setRaw(text: Text, at: readonly string[], raw: string | undefined): Text | undefined {
  return raw === undefined || raw === rawAt(text, at) ? undefined : setAt(text, at, raw);
}

const isNothing = (raw: string | undefined) => raw === undefined || raw === 'null';

/** The JSON that a string holds, as it is written there. */
function parsed(raw: string | undefined): string | undefined {
  if (raw === undefined || !raw.startsWith('"')) return undefined;
  const text = JSON.parse(raw) as string; // a quoted token of valid JSON
  try {
    JSON.parse(text);
    return text.trim();
  } catch {
    return undefined;
  }
}

function split(text: Text, { at, into }: Operation & { readonly kind: 'splitArray' }): readonly Text[] {
  const raw = rawAt(text, at);
  const bytes = raw === undefined ? undefined : Buffer.from(raw);
  const elements = bytes && elementSpans(bytes, { start: 0, end: bytes.length });
  if (bytes === undefined || elements === undefined) return [text];
  const rest = into && removeAt(text, at);
  return elements.map(({ start, end }) => {
    const element = bytes.subarray(start, end);
    return (rest && into && setAt(rest, into, element.toString())) ?? element;
  });
}
