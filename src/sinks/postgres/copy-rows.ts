import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import type { EncodedRows, RowGroup } from './encode/encoded-rows.js';
import type { PostgresEncoderOptions } from './encode/options.js';
import { MOST_DEFAULTS } from './encode/row-column.js';
import type { TablePlan } from './plan.js';
import { stretches } from './probe.js';

/** What stands in front of binary rows: `PGCOPY\n\xff\r\n\0`, no flags, no extension (https://www.postgresql.org/docs/current/sql-copy.html). */
export const BINARY_HEADER = Buffer.from([
  0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 10, 0xff, 13, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);
/** What stands behind them. */
export const BINARY_TRAILER = Buffer.from([0xff, 0xff]);

/** Copies rows of a group into a relation and resolves to the number that the server took. */
export async function copyRows(
  connection: Connection,
  { plan, encoded }: { readonly plan: TablePlan; readonly encoded: EncodedRows },
  { group, relation }: { readonly group: RowGroup; readonly relation: string },
  rows: Uint32Array,
): Promise<number> {
  const isBinary = plan.encoder.format === 'binary';
  const pieces = stretches(encoded.rows, encoded.rowEnds, rows);
  const chunks = isBinary ? [BINARY_HEADER, ...pieces, BINARY_TRAILER] : pieces;
  const columns = columnsOf(plan.encoder, group.omitted).map(quoteName).join(', ');
  return connection.copyIn(`copy ${relation} (${columns}) from stdin${isBinary ? ' (format binary)' : ''}`, chunks);
}

/** The columns that the rows of a group hold. */
export function columnsOf({ columns, key }: PostgresEncoderOptions, omitted: number): readonly string[] {
  let defaults = 0;
  return columns.flatMap(({ name, hasDefault }, index) => {
    const mayBeLeftOut = hasDefault && !key.includes(index) && defaults < MOST_DEFAULTS;
    return mayBeLeftOut && omitted & (1 << defaults++) ? [] : [name];
  });
}
