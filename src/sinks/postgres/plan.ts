import type { SinkContext } from '../context.js';
import type {
  ColumnSource,
  EncodedColumn,
  PartitionRouting,
  PostgresEncoderOptions,
  WireType,
} from './encode/options.js';
import { chooseKey } from './key-choice.js';
import { mapColumns } from './mapping.js';
import type { TimeType } from './partition-bounds.js';
import { clockOf, learnScheme, schemeNamed } from './partition-scheme.js';
import type { TableOptions } from './sink-options.js';
import type { Partition, Table, TableColumn } from './table.js';

/** How events become rows of a table: decided once, before the first event. */
export interface TablePlan {
  readonly table: Table;
  readonly columns: readonly PlannedColumn[];
  /** The columns that make an event the same event. */
  readonly key: readonly PlannedColumn[];
  readonly encoder: PostgresEncoderOptions;
  /** Partitions in the order of the encoder's routing. */
  readonly routed: readonly Partition[];
  /** Type of the partition key when the table is cut by time. */
  readonly timeType: TimeType | undefined;
  /** Sentences for the user, most important first. */
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

export interface PlannedColumn {
  readonly column: TableColumn;
  readonly source: ColumnSource;
}

const BINARY = new Set<WireType>([
  'text',
  'uuid',
  'bool',
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'numeric',
  'timestamptz',
  'timestamp',
  'date',
  'json',
  'jsonb',
]);
const TIME_TYPES: readonly WireType[] = ['timestamptz', 'timestamp', 'date'];

/**
 * Plans how events are written into a table.
 * @throws UsageError when a rerun would duplicate, or when rows could never be written.
 */
export function planTable(table: Table, options: TableOptions, context: SinkContext): TablePlan {
  const mapping = mapColumns(table, options, context);
  const key = chooseKey(table, mapping, {
    pointers: options.pointers,
    ...(context.members && { members: context.members }),
  });
  const { columns } = mapping;
  const isBinary = columns.every(({ column }) => BINARY.has(column.wire));
  const cut = timeCut(table, columns, { ...options, stated: context.timezone });
  const routed = cut === undefined ? [] : table.partitions.filter(isBounded);
  return {
    table,
    columns,
    key,
    routed,
    timeType: cut?.type,
    encoder: {
      format: isBinary ? 'binary' : 'text',
      columns: columns.map(encodedColumn),
      key: key.map((column) => columns.indexOf(column)),
      routing: cut && routingOf(table, cut, routed, context),
      timePointer: context.fields.time?.pointer ?? [],
      timezone: context.timezone ?? 'UTC',
    },
    notes: [...mapping.notes, ...clockNotes(cut)],
    warnings: [...mapping.warnings, ...clockWarnings(cut)],
  };
}

function encodedColumn({ column, source }: PlannedColumn): EncodedColumn {
  return {
    name: column.name,
    type: column.wire,
    source,
    notNull: column.notNull,
    hasDefault: column.defaultText !== undefined,
  };
}

interface TimeCut {
  readonly index: number;
  readonly type: TimeType;
  readonly scheme: PartitionRouting['scheme'];
}

interface CutOptions extends Pick<TableOptions, 'partitionBy' | 'scheme'> {
  /** The zone that the user names. */
  readonly stated: string | undefined;
}

/** How the table is cut by time; undefined when it is cut otherwise or not at all, so that the server has to route. */
function timeCut(
  table: Table,
  columns: readonly PlannedColumn[],
  { partitionBy, scheme: decided, stated }: CutOptions,
): TimeCut | undefined {
  const { partitioning, partitions } = table;
  if (partitioning?.strategy !== 'range' || partitioning.column === undefined) return undefined;
  const index = columns.findIndex(({ column }) => column.name === partitioning.column);
  const type = columns[index]?.column.wire;
  if (type === undefined || !TIME_TYPES.includes(type)) return undefined;
  if (partitions.some((partition) => !partition.isDefault && !isBounded(partition))) return undefined;
  // Other types tell no instants: their days are their own.
  const hints = type === 'timestamptz' ? { stated, server: table.timezone } : {};
  const learnt = decided ?? learnScheme(partitions.filter(isBounded), hints) ?? schemeNamed(partitionBy, hints.stated);
  const scheme = table.isOwned ? learnt : undefined;
  return { index, type: type as TimeType, scheme }; // it is one of TIME_TYPES
}

function routingOf(
  table: Table,
  cut: TimeCut,
  routed: readonly Partition[],
  { partitionsWithin }: SinkContext,
): PartitionRouting {
  return {
    column: cut.index,
    from: routed.map(({ fromUs }) => fromUs),
    to: routed.map(({ toUs }) => toUs),
    hasDefault: table.partitions.some(({ isDefault }) => isDefault),
    scheme: cut.scheme,
    within: partitionsWithin,
  };
}

function clockNotes(cut: TimeCut | undefined): readonly string[] {
  const zone = cut?.scheme?.zone;
  return zone === undefined
    ? []
    : [`partitions that are made begin at midnight of ${zone}, where clocks change as well`];
}

/** Days that begin at midnight of a zone which nobody has named. */
function clockWarnings(cut: TimeCut | undefined): readonly string[] {
  const { scheme, type } = cut ?? {};
  if (scheme === undefined || type !== 'timestamptz' || scheme.zone !== undefined || clockOf(scheme)(0) === 0)
    return [];
  return [
    'partitions do not begin at midnight of UTC: those that are made keep the hour of the latest one, also where clocks change; ' +
      'name their zone with --timezone if they are days of one',
  ];
}

function isBounded({ isDefault, fromUs }: Partition): boolean {
  return !isDefault && !Number.isNaN(fromUs);
}
