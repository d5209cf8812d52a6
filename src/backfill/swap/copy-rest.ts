import type { Connection } from '../../postgres/connection.js';
import type { Capture } from './capture.js';

/** Pages that are copied in one step: 16 MB as PostgreSQL is built by default. */
const STEP_PAGES = 2_048;
/** From this version on a stretch of pages is found without reading the others. */
const STRETCHES_SINCE = 140_000;

/**
 * Copies all rows of a relation into their destinations, as one snapshot sees them, in steps. The capture has begun: what is
 * written from now on is noted, and carried over afterwards. They are counted on another way at the end. @param pass resolves when so many more rows may go.
 */
export async function copyRest(
  session: Connection,
  capture: Capture,
  pass: (rows: number) => Promise<void>,
): Promise<void> {
  const [size] = await session.rows(
    `select pg_relation_size($1::regclass) / current_setting('block_size')::int as pages, current_setting('server_version_num')::int as version`,
    [capture.from],
  );
  const pages = Number(size?.pages);
  const step = Number(size?.version) < STRETCHES_SINCE ? Math.max(1, pages) : STEP_PAGES;
  await session.run('begin isolation level repeatable read');
  let copied = 0;
  for (let from = 0; from < pages; from += step) {
    const isLast = from + step >= pages;
    const [row] = await session.rows(stepSql(capture, from, isLast ? undefined : from + step));
    copied += Number(row?.rows);
    await pass(Number(row?.rows));
  }
  const [all] = await session.rows(`select count(*)::text as rows from ${capture.from}`);
  if (Number(all?.rows) !== copied) throw new Error(`${copied} of ${all?.rows} rows of ${capture.from} were copied`);
  await session.run('commit');
}

/** Each page is read once, however many destinations there are. */
function stepSql({ from, to, columns }: Capture, first: number, end: number | undefined): string {
  const list = columns.join(', ');
  const stretch = `ctid >= '(${first},0)'::tid${end === undefined ? '' : ` and ctid < '(${end},0)'::tid`}`;
  const inserts = to.map(
    ({ relation, within }, at) =>
      `d${at} as (insert into ${relation} (${list}) overriding system value select ${list} from r where ${within})`,
  );
  return `with r as materialized (select * from ${from} where ${stretch}), ${inserts.join(', ')} select count(*)::text as rows from r`;
}
