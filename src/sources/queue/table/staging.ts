import { UsageError } from '../../../errors.js';
import { quoteName } from '../../../postgres/sql.js';
import { columnType, type TableShape } from './introspect.js';
import type { TableLayout } from './layout.js';

export interface StagingOptions {
  /** The table as the user wrote it. */
  readonly name: string;
  /** The column that tells which rows are done. */
  readonly processed: string;
  /** The column that holds an event or an array of events; found by its type when it is not named. */
  readonly body: string | undefined;
  /** Columns that tell a row from all others; found by the primary key when they are not named. */
  readonly key: readonly string[] | undefined;
}

const USUAL_BODIES = ['events', 'event', 'payload', 'body', 'data', 'message', 'properties'];
const USUAL_TIMES = ['created_at', 'inserted_at', 'received_at', 'enqueued_at', 'occurred_at'];

/**
 * A staging table: each row holds an event or an array of events, and a column tells which rows are done.
 * @throws UsageError `bad_source_option` when a column is missing or of a type that cannot serve.
 */
export function stagingLayout(shape: TableShape, options: StagingOptions): TableLayout {
  const processed = processedOf(shape, options.processed);
  const body = options.body ?? bodyOf(shape);
  if (body !== undefined) columnType(shape, body, 'body');
  const time = USUAL_TIMES.find((name) => /^(?:timestamp|date)/u.test(shape.columns.get(name) ?? ''));
  const key = keyOf(shape, options.key);
  return {
    kind: 'postgres',
    queue: options.name,
    table: shape.table,
    isDead: processed.isOpen,
    key,
    letter: {
      // Without a column of its own the row itself is the event.
      body: body === undefined ? `to_jsonb(t) - '${options.processed.replaceAll("'", "''")}'` : `t.${quoteName(body)}`,
      id: key.length === 1 ? `t.${quoteName(key[0]?.name ?? '')}` : undefined,
      ...(time !== undefined && { sentAt: `t.${quoteName(time)}` }),
    } as TableLayout['letter'], // an id that is undefined is no id
    removal: { kind: 'update', set: processed.close },
    isDeadLetters: true,
    why: `rows that ${options.processed} does not mark as done`,
    warnings: [],
  };
}

function processedOf(shape: TableShape, name: string): { readonly isOpen: string; readonly close: string } {
  const type = columnType(shape, name, 'processed');
  const [column, target] = [`t.${quoteName(name)}`, quoteName(name)];
  if (type === 'boolean') return { isOpen: `${column} is not true`, close: `${target} = true` };
  if (/^(?:timestamp|date)/u.test(type)) return { isOpen: `${column} is null`, close: `${target} = now()` };
  if (/^(?:smallint|integer|bigint)$/u.test(type)) {
    return { isOpen: `coalesce(${column}, 0) = 0`, close: `${target} = 1` };
  }
  throw new UsageError(`${shape.table}.${name} is ${type}: it cannot tell which rows are done`, {
    code: 'bad_source_option',
    hint: 'processed has to name a boolean (true: done), a timestamp (null: not done) or an integer (0: not done)',
  });
}

/** The one JSON column, or the one with a usual name; undefined when the row itself has to be the event. */
function bodyOf(shape: TableShape): string | undefined {
  const ofJson = [...shape.columns].filter(([, type]) => /^jsonb?$/u.test(type)).map(([name]) => name);
  if (ofJson.length === 1) return ofJson[0];
  const usual = USUAL_BODIES.find((name) => ofJson.includes(name));
  if (usual !== undefined || ofJson.length === 0)
    return usual ?? USUAL_BODIES.find((name) => shape.columns.get(name) === 'text');
  throw new UsageError(`${shape.table} has several JSON columns: ${ofJson.join(', ')}`, {
    code: 'bad_source_option',
    hint: 'name the one that holds the events with &body=<column>',
  });
}

function keyOf(shape: TableShape, named: readonly string[] | undefined): TableLayout['key'] {
  const key = named?.map((name) => ({ name, type: columnType(shape, name, 'key') })) ?? shape.key;
  if (key.length > 0) return key;
  throw new UsageError(`${shape.table} has no primary key and no unique index without nulls`, {
    code: 'bad_source_option',
    hint: 'name the columns that tell its rows apart with &key=<column>,<column>',
  });
}
