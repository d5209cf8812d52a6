import { quoteName } from '../../postgres/sql.js';
import type { SourceColumn, SourceTable } from './table.js';

/** SQL for the JSON text of the event that a row of `t` is. */
export function rowJson({ columns, payload }: SourceTable): string {
  if (payload !== undefined) return `t.${quoteName(payload)}::text`;
  const [first] = [...columns];
  if (first === undefined) return `'{}'`;
  return `row_to_json((select r from (select ${members(columns)}) r))::text`;
}

/** The top-level members of the event, each under its name. */
function members(columns: readonly SourceColumn[]): string {
  const byName = new Map<string, SourceColumn[]>();
  for (const column of columns) {
    const [name = ''] = column.pointer;
    byName.set(name, [...(byName.get(name) ?? []), column]);
  }
  return [...byName].map(([name, own]) => `${nested(own, 1)} as ${quoteName(name)}`).join(', ');
}

/** The value of columns that share the first `depth` tokens of their pointers. */
function nested(columns: readonly SourceColumn[], depth: number): string {
  const leaf = columns.find(({ pointer }) => pointer.length <= depth);
  if (leaf !== undefined) return `t.${quoteName(leaf.name)}`;
  const names = [...new Set(columns.map(({ pointer }) => pointer[depth] ?? ''))];
  const parts = names.map((name) => {
    const own = columns.filter(({ pointer }) => pointer[depth] === name);
    return `${literal(name)}, ${nested(own, depth + 1)}`;
  });
  return `json_build_object(${parts.join(', ')})`;
}

/** A text as SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
