import { didYouMean } from '../../did-you-mean.js';
import { UsageError } from '../../errors.js';
import { parsePointer } from '../../event/pointer.js';
import type { TableName } from './introspect.js';
import { PERIOD_NAMES, type PeriodName, type PeriodScheme } from './partition-scheme.js';

/** What a user can set about the table, as `?key=value` of the address. */
export interface TableOptions {
  readonly table: TableName;
  /** Columns that are filled from elsewhere than the member of the same name. */
  readonly pointers: ReadonlyMap<string, readonly string[]>;
  readonly idColumn?: string;
  readonly timeColumn?: string;
  readonly nameColumn?: string;
  /** The column that takes the whole event. */
  readonly payload?: string;
  /** The cut of a table that is made. */
  readonly partitionBy: PeriodName;
  /** How missing partitions are cut, whatever the existing ones are like; absent where these decide. */
  readonly scheme?: PeriodScheme;
}

const DEFAULT_TABLE = 'events';
const NAMES = ['table', 'payload', 'id-column', 'time-column', 'name-column', 'partition-by'];
const POINTER_PREFIX = 'column.';

/**
 * Reads the options of the table.
 * @throws UsageError `bad_sink_option` for an unknown name or a value that cannot be.
 */
export function parseTableOptions(query: ReadonlyMap<string, string>, others: readonly string[] = []): TableOptions {
  const pointers = new Map<string, readonly string[]>();
  for (const [name, value] of query) {
    if (name.startsWith(POINTER_PREFIX)) pointers.set(name.slice(POINTER_PREFIX.length), parsePointer(value));
    else if (!NAMES.includes(name) && !others.includes(name)) throw unknownOption(name, others);
  }
  const idColumn = query.get('id-column');
  const timeColumn = query.get('time-column');
  const nameColumn = query.get('name-column');
  const payload = query.get('payload');
  return {
    table: parseTableName(query.get('table') ?? DEFAULT_TABLE),
    pointers,
    ...(idColumn !== undefined && { idColumn }),
    ...(timeColumn !== undefined && { timeColumn }),
    ...(nameColumn !== undefined && { nameColumn }),
    ...(payload !== undefined && { payload }),
    partitionBy: parsePeriod(query.get('partition-by') ?? 'day'),
  };
}

/** `table` or `schema.table`; dots inside a name need double quotes around it. */
function parseTableName(text: string): TableName {
  const match = /^(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)$/.exec(text);
  const name = match?.[2];
  if (name === undefined) {
    throw new UsageError(`"${text}" is no table name`, {
      code: 'bad_sink_option',
      hint: 'write table=events or table=schema.events',
    });
  }
  return { schema: match?.[1] === undefined ? undefined : unquote(match[1]), name: unquote(name) };
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

function parsePeriod(text: string): PeriodName {
  const period = PERIOD_NAMES.find((name) => name === text);
  if (period !== undefined) return period;
  throw new UsageError(`partition-by=${text}: tables can be cut by ${PERIOD_NAMES.join(', ')}`, {
    code: 'bad_sink_option',
    hint: didYouMean(text, PERIOD_NAMES) ?? 'write partition-by=day',
  });
}

function unknownOption(name: string, others: readonly string[]): UsageError {
  const known = [...NAMES, `${POINTER_PREFIX}<column>`, ...others];
  return new UsageError(`the Postgres sink knows no option "${name}"`, {
    code: 'bad_sink_option',
    hint: didYouMean(name, known) ?? `options: ${known.join(', ')}`,
  });
}
