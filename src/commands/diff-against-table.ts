import { CellSums } from '../diff/cell-sums.js';
import { narrowTable, withEqual } from '../diff/narrow-table.js';
import { bestMatch, createPattern } from '../diff/pattern.js';
import type { Side } from '../diff/side.js';
import type { PortableTable } from '../sources/portable.js';
import { choosesEvents, keyPointers } from './diff-narrow.js';
import { type DiffReading, readOneSide } from './diff-sides.js';

/** So few rows are read sooner than threads are started. */
const FEW_ROWS = 20_000;

/**
 * Reads events, works out on the way the checksums that the table on the other side tells of its rows, and reads of the
 * table only the cells in which they differ; all of it where that is too much. Undefined when not exactly one side is a
 * table, or its checksums cannot tell all.
 */
export async function readAgainstTable(
  reading: DiffReading,
): Promise<{ readonly left: Side; readonly right: Side } | undefined> {
  const table = portableTable(reading);
  if (table === undefined) return undefined;
  const { open, call, progress } = reading;
  const isLeft = open.left.table !== undefined;
  const [tableName, eventsName] = isLeft ? (['left', 'right'] as const) : (['right', 'left'] as const);
  const sums = new CellSums();
  const events = await readOneSide(reading, open[eventsName], eventsName, { against: { layout: table.layout, sums } });
  try {
    progress.detail('comparing checksums of the table');
    const rest = await narrowTable(table, { sums, events: events.events, signal: call.stop.finish });
    progress.detail(rest === undefined ? 'reading the whole table' : 'reading the rows whose checksums differ');
    const isSmall = rest !== undefined && rest.rows < FEW_ROWS;
    const read = await readOneSide(reading, rest?.source ?? open[tableName], tableName, { isSmall });
    const side = rest === undefined ? read : withEqual(read, events, { sums, rest });
    return isLeft ? { left: side, right: events } : { left: events, right: side };
  } catch (error) {
    events[Symbol.dispose]();
    throw error;
  }
}

function portableTable({ call, open }: DiffReading): PortableTable | undefined {
  const tables = [open.left.table, open.right.table].filter((table) => table !== undefined);
  const key = keyPointers(open);
  const [table] = tables;
  if (table === undefined || tables.length > 1 || key === undefined) return undefined;
  if (choosesEvents(call.options) || open.rules.only.length > 0) return undefined;
  const patterns = open.rules.ignore.map(createPattern);
  return table.portable({
    key,
    isIgnored: (pointer) => bestMatch(patterns, pointer) === 'within',
    timezone: open.rules.timezone,
  });
}
