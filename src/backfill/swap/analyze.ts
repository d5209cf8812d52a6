import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import type { Staging } from './staging.js';

/** A tenth of PostgreSQL's own default: 3,000 rows are looked at. Columns with a target of their own keep it. */
const QUICK_TARGET = 10;

/**
 * Gives the planner what it has to know of the new partition before it is used. Columns that are named leave the count of
 * changes as it is (`pgstat_report_analyze` in analyze.c), so that autovacuum looks at the partition soon, and closely;
 * where there is no autovacuum, this look is the close one: on rows with documents in them it takes longer than loading them.
 */
export async function analyze(session: Connection, { names, model }: Staging): Promise<void> {
  const [row] = await session.rows(
    `select current_setting('autovacuum')::bool and current_setting('track_counts')::bool as comes,
            current_setting('default_statistics_target')::int as target`,
  );
  const isLeftAlone = model.options.some((option) => /^autovacuum_enabled=(?!true|on|yes|1)/i.test(option));
  if (row?.comes !== true || isLeftAlone || Number(row.target) <= QUICK_TARGET) {
    await session.run(`analyze ${names.staging}`);
    return;
  }
  const columns = model.columns.map(({ name }) => quoteName(name)).join(', ');
  await session.run(`begin; set local default_statistics_target = ${QUICK_TARGET}`);
  await session.run(`analyze ${names.staging} (${columns}); commit`);
}
