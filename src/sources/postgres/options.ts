import { didYouMean } from '../../did-you-mean.js';
import { UsageError } from '../../errors.js';
import { parsePointer } from '../../event/pointer.js';
import { CONNECTION_OPTIONS } from '../../postgres/address.js';

/** What a user can set about the table, as `?key=value` of the address. */
export interface TableOptions {
  readonly table: TableName;
  /** Where a column stands in the event, when not under its own name. */
  readonly pointers: ReadonlyMap<string, readonly string[]>;
  /** The column that holds the whole event. */
  readonly payload?: string;
}

/** A table's name in two parts; without a schema the search path decides. */
export interface TableName {
  readonly schema: string | undefined;
  readonly name: string;
}

const NAMES = ['table', 'payload'];
/** What only a sink needs: the same address may name both. */
const OF_SINKS = ['id-column', 'time-column', 'name-column', 'partition-by'];
const POINTER_PREFIX = 'column.';

/**
 * Reads the options of the table.
 * @throws UsageError `bad_source_option` for an unknown name or a value that cannot be.
 */
export function parseTableOptions(query: ReadonlyMap<string, string>): TableOptions {
  const pointers = new Map<string, readonly string[]>();
  for (const [name, value] of query) {
    if (name.startsWith(POINTER_PREFIX)) pointers.set(name.slice(POINTER_PREFIX.length), parsePointer(value));
    else if (![...NAMES, ...OF_SINKS, ...CONNECTION_OPTIONS].includes(name)) throw unknownOption(name);
  }
  const payload = query.get('payload');
  return {
    table: parseTableName(query.get('table') ?? 'events'),
    pointers,
    ...(payload !== undefined && { payload }),
  };
}

/** `table` or `schema.table`; dots inside a name need double quotes around it. */
function parseTableName(text: string): TableName {
  const match = /^(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)$/.exec(text);
  const name = match?.[2];
  if (name === undefined) {
    throw new UsageError(`"${text}" is no table name`, {
      code: 'bad_source_option',
      hint: 'write table=events or table=schema.events',
    });
  }
  return { schema: match?.[1] === undefined ? undefined : unquote(match[1]), name: unquote(name) };
}

function unquote(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

function unknownOption(name: string): UsageError {
  const known = [...NAMES, `${POINTER_PREFIX}<column>`];
  return new UsageError(`a table as a source knows no option "${name}"`, {
    code: 'bad_source_option',
    hint: didYouMean(name, known) ?? `options: ${known.join(', ')}`,
  });
}
