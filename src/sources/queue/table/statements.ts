import { quoteName } from '../../../postgres/sql.js';
import type { LetterColumns, TableLayout } from './layout.js';

/** The statements over one table of messages. Keys travel as JSON arrays of text, one element a column. */
export interface Statements {
  /** Parameters: the key behind which reading goes on, the last key to read, most rows; a key may be the empty text for none. */
  page(locks: boolean): string;
  /** Parameters: as those of a page. Yields keys alone. */
  readonly keys: string;
  /** The greatest key of a dead row. */
  readonly last: string;
  /** Bytes of a body, on average of the first ones. */
  readonly sample: string;
  /** Parameter: an array of keys. Yields the keys that were removed. */
  readonly remove: string;
  /** Parameter: an array of keys. Yields those that are still dead, whoever holds them. */
  readonly open: string;
  /** Parameter: an array of keys. Locks again those that nobody else holds, and yields them. */
  readonly lock: string;
  /** How many dead rows, the oldest, and the first that its service will delete. */
  readonly describe: string;
}

const LETTER_COLUMNS = [
  'id',
  'name',
  'origin',
  'deliveries',
  'errorClass',
  'errorMessage',
] as const satisfies readonly (keyof LetterColumns)[];

export function statementsOf(layout: TableLayout): Statements {
  const { table, isDead, letter, removal, expiresAt } = layout;
  const columns = layout.key.map(({ name }) => `t.${quoteName(name)}`);
  const row = `(${columns.join(', ')})`;
  const valuesOf = (key: string) => layout.key.map(({ type }, at) => `(${key}->>${at})::${type}`).join(', ');
  const key = `jsonb_build_array(${columns.map((column) => `${column}::text`).join(', ')})::text as key`;
  const from = `from ${table} t where (${isDead})`;
  const given = `select ${valuesOf('k')} from jsonb_array_elements($1::jsonb) k`;
  // An array is looked up in the index of the key, whatever the server believes of the number of its elements.
  const isOneOf = columns.length === 1 ? `${row} = any(array(${given}))` : `${row} in (${given})`;
  const texts = LETTER_COLUMNS.map((name) => `(${letter[name] ?? 'null'})::text as "${name}"`);
  const times = [timeText(letter.sentAt, 'sentAt'), timeText(letter.failedAt, 'failedAt')];
  const stretch = `and ($1::text = '' or ${row} > (${valuesOf("nullif($1, '')::jsonb")}))
       and ($2::text = '' or ${row} <= (${valuesOf("nullif($2, '')::jsonb")}))
       order by ${columns.join(', ')} limit $3::int`;
  return {
    page: (locks) =>
      `select ${key}, (${letter.body})::text as body, ${[...texts, ...times].join(', ')} ${from}
       ${stretch} ${locks ? 'for update of t skip locked' : ''}`,
    keys: `select ${key} ${from} ${stretch}`,
    last: `select ${key} ${from} order by ${columns.map((column) => `${column} desc`).join(', ')} limit 1`,
    sample: `select avg(octet_length(body))::text as bytes from (select (${letter.body})::text as body ${from} limit 100) as bodies`,
    remove:
      removal.kind === 'delete'
        ? `delete ${from} and ${isOneOf} returning ${key}`
        : `update ${table} t set ${removal.set} where (${isDead}) and ${isOneOf} returning ${key}`,
    open: `select ${key} ${from} and ${isOneOf}`,
    lock: `select ${key} ${from} and ${isOneOf} for update of t skip locked`,
    describe: `select count(*)::text as messages,
       extract(epoch from min(${letter.failedAt ?? letter.sentAt ?? 'null::timestamptz'}))::text as oldest,
       extract(epoch from min(${expiresAt ?? 'null::timestamptz'}))::text as expires ${from}`,
  };
}

/** RFC 3339 in UTC, whatever DateStyle and TimeZone say. */
function timeText(expression: string | undefined, name: string): string {
  if (expression === undefined) return `null::text as "${name}"`;
  return `to_char((${expression})::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "${name}"`;
}
