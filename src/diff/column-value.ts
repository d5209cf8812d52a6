import { ExactNumber, type ExactValue, exactJson, isNumberText } from '../event/exact.js';
import { parsePointer } from '../event/pointer.js';
import { createTimeReader, type TimeReader } from '../event/time.js';
import type { ColumnType } from '../sources/source.js';
import { microsOf } from './instant.js';
import type { DiffRules } from './rules.js';

/** What a place holds because a column of a table does; undefined `value` where there is nothing. */
export type ColumnReader = (
  value: ExactValue,
  pointer: readonly string[],
) => { readonly value: ExactValue | undefined } | undefined;

/**
 * Reads values at the places of a table's columns as the column holds them: instants by their microsecond, numbers by
 * their value, null as nothing. Undefined for other places, and for what no such column could hold.
 */
export function createColumnReader({ columns, timezone }: DiffRules): ColumnReader {
  if (columns.length === 0) return () => undefined;
  const types = new Map(columns.map(({ pointer, type }) => [JSON.stringify(parsePointer(pointer)), type]));
  const depths = new Set(columns.map(({ pointer }) => parsePointer(pointer).length));
  const readTime = createTimeReader({ timezone });
  return (value, pointer) => {
    if (!depths.has(pointer.length)) return undefined;
    const type = types.get(JSON.stringify(pointer));
    if (type === undefined) return undefined;
    if (value === null) return { value: undefined };
    const held = heldBy(type, value, readTime);
    return held === undefined ? undefined : { value: held };
  };
}

function heldBy(type: ColumnType, value: ExactValue, readTime: TimeReader): ExactValue | undefined {
  switch (type) {
    case 'instant':
      return instant(value, readTime);
    case 'uuid':
      return typeof value === 'string' ? value.toLowerCase() : undefined;
    case 'number':
      return typeof value === 'string' && isNumberText(value) ? new ExactNumber(value) : undefined;
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : undefined;
    case 'text':
      return value instanceof ExactNumber || typeof value === 'boolean' ? exactJson(value) : undefined;
    default:
      return undefined;
  }
}

/** An instant is compared by its microseconds and shown as it was written. */
function instant(value: ExactValue, readTime: TimeReader): ExactValue | undefined {
  const raw = value instanceof ExactNumber ? value.raw : typeof value === 'string' ? JSON.stringify(value) : undefined;
  const micros = microsOf(value, readTime);
  return raw === undefined || micros === undefined ? undefined : new ExactNumber(raw, `@${micros}`);
}
