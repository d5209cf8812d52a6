import { UsageError } from '../../errors.js';
import type { Mapping } from './mapping.js';
import type { PlannedColumn } from './plan.js';
import type { Table } from './table.js';

/** A literal: a default that is the same for every row. */
const CONSTANT = /^(\(?-?[\d.]+\)?|'(?:[^']|'')*'|true|false)(::[\w ."[\]()]+)?$/;

/** What is known of the fields that fill columns. */
interface Given {
  readonly pointers: ReadonlyMap<string, readonly string[]>;
  readonly members?: ReadonlySet<string>;
}

/**
 * The unique key that makes a second replay find the first one's rows.
 * @throws UsageError `no_unique_key` or `key_filled_by_default` where a rerun would add every event again.
 */
export function chooseKey(table: Table, { columns, id }: Mapping, given: Given): readonly PlannedColumn[] {
  const withId = table.keys.filter((key) => key.columns.includes(id.column.name));
  if (withId.length === 0) throw noKey(table, id.column.name);
  const problems: string[] = [];
  for (const key of withId) {
    const planned = key.columns.map((name) => columns.find(({ column }) => column.name === name));
    const bad = planned.findIndex((column) => column === undefined || isFilledByDefault(column, given));
    if (bad < 0) return planned.filter((column) => column !== undefined);
    problems.push(`${key.name} contains ${key.columns[bad]}, which the database fills`);
  }
  throw filledByDefault(table, problems);
}

/** Whether the database would make the value up when the event has none: another one on every replay. */
function isFilledByDefault({ column, source }: PlannedColumn, { pointers, members }: Given): boolean {
  if (source.kind !== 'pointer' || column.defaultText === undefined || CONSTANT.test(column.defaultText)) return false;
  return !pointers.has(column.name) && members?.has(column.name) !== true;
}

function noKey({ name, keys }: Table, id: string): UsageError {
  const found = keys.map((key) => `${key.name} (${key.columns.join(', ')})`).join('; ');
  return new UsageError(
    `table ${name} has no unique key with column ${id}${found === '' ? '' : `, only ${found}`}: a rerun would add every event again`,
    { code: 'no_unique_key', hint: `add a primary key or unique constraint that contains ${id}` },
  );
}

function filledByDefault({ name }: Table, problems: readonly string[]): UsageError {
  return new UsageError(`table ${name}: ${problems.join('; ')}, so a rerun would add every event again`, {
    code: 'key_filled_by_default',
    hint: 'name the field that fills the column with column.<name>=/pointer or time-column=<name>, or choose a key without it',
  });
}
