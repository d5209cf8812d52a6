import { ExactNumber, type ExactValue, exactJson, isExactObject, isNumberText } from '../event/exact.js';
import { createTimeReader, type TimeReader } from '../event/time.js';
import { jsonbText } from '../postgres/jsonb-text.js';
import { BETWEEN, NOTHING, type PortableLayout } from '../sources/portable.js';
import type { ColumnType } from '../sources/source.js';
import { microsOf } from './instant.js';
import { valueAtExact } from './key-text.js';
import { bestMatch, createPattern } from './pattern.js';
import type { DiffRules } from './rules.js';

/** An event as the server would write the row that it became. */
export interface TableText {
  /** The fields of the key, nothing for those that are absent. */
  key(value: ExactValue): string;
  /** All of it; undefined when no row of this table can be equal to the event, or it is not known how it would be written. */
  content(value: ExactValue): string | undefined;
}

/** Opens the writing of events as rows of one table. A text is only ever given to events that equal the row of that text. */
export function createTableText(layout: PortableLayout, { ignore, timezone }: DiffRules): TableText {
  const readTime = createTimeReader({ timezone });
  const patterns = ignore.map(createPattern);
  const places = layout.columns.map(({ pointer }) => pointer);
  const isWhole = places.some((pointer) => pointer.length === 0);
  const written = (form: ColumnType, value: ExactValue | undefined) =>
    value === undefined || value === null ? NOTHING : textOf(form, value, readTime);
  return {
    key(value) {
      const texts = layout.key.map(({ pointer, form }) => {
        const field = valueAtExact(value, pointer);
        if (typeof field === 'string' && (form === 'json' || form === 'text')) return field;
        const text = written(form, field);
        return text === NOTHING ? '' : (text ?? '');
      });
      return texts.join(BETWEEN);
    },
    content(value) {
      if (!isWhole && !hasRoom(value, [], places, (pointer) => bestMatch(patterns, pointer) === 'within'))
        return undefined;
      const texts: string[] = [];
      for (const { pointer, form } of layout.columns) {
        const text = written(form, valueAtExact(value, pointer));
        if (text === undefined) return undefined;
        texts.push(form === 'text' && text !== NOTHING ? `${Buffer.byteLength(text)}:${text}` : text);
      }
      return texts.join(BETWEEN);
    },
  };
}

/** Whether each member of an event is one for which the table has a column, and each object around a column is there. */
function hasRoom(
  value: ExactValue,
  at: readonly string[],
  places: readonly (readonly string[])[],
  isIgnored: (pointer: readonly string[]) => boolean,
): boolean {
  if (!isExactObject(value)) return false;
  const depth = at.length;
  for (const place of places) if (place.length > depth + 1 && !value.has(place[depth] ?? '')) return false;
  for (const [key, member] of value) {
    const own = places.filter((place) => place[depth] === key);
    if (own.some((place) => place.length === depth + 1)) continue;
    const pointer = [...at, key];
    if (isIgnored(pointer)) continue;
    if (own.length === 0 || !hasRoom(member, pointer, own, isIgnored)) return false;
  }
  return true;
}

function textOf(form: ColumnType, value: Exclude<ExactValue, null>, readTime: TimeReader): string | undefined {
  if (form === 'json') return jsonbText(value);
  const text = value instanceof ExactNumber ? value.raw : typeof value === 'string' ? value : undefined;
  switch (form) {
    case 'text':
      return text ?? (typeof value === 'boolean' ? exactJson(value) : undefined);
    case 'boolean':
      return value === true || value === 'true' ? 'true' : value === false || value === 'false' ? 'false' : undefined;
    case 'uuid':
      return typeof value === 'string' ? value.toLowerCase() : undefined;
    case 'number':
      if (value instanceof ExactNumber) return value.canonical;
      return text !== undefined && isNumberText(text) ? new ExactNumber(text).canonical : undefined;
    case 'instant':
      return text === undefined ? undefined : microsOf(value, readTime);
  }
}
