import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { sqlError } from '../../postgres/sql-error.js';
import { checksumSql } from '../../sinks/postgres/key-checksum.js';
import { hashedRowsSql } from '../../sinks/postgres/row-shape.js';
import type { Work } from '../context.js';
import type { RowProof } from '../row-proof.js';
import { type Counted, countedIn, sumsSql } from '../verify.js';
import { buildIndexes, type Staging } from './staging.js';

interface Proved extends Pick<Work, 'table'> {
  readonly proof: RowProof | undefined;
}

/** Builds keys and indexes; rows that came twice are taken out when a key cannot be built for them. */
export async function build(session: Connection, staging: Staging, { table, proof }: Proved): Promise<Counted> {
  let repeats: Counted = { rows: 0, checksum: 0n, contents: 0n };
  await buildIndexes(session, staging, async (sql) => {
    try {
      await session.run(sql);
    } catch (error) {
      if (sqlError(error)?.code !== '23505' || repeats.rows > 0) throw error;
      repeats = await dropRepeats(session, staging, { table, proof });
      if (repeats.rows === 0) throw error;
      await session.run(sql);
    }
  });
  return repeats;
}

async function dropRepeats(session: Connection, { names }: Staging, { table, proof }: Proved): Promise<Counted> {
  const keys = table.key.map(({ column }) => quoteName(column.name)).join(', ');
  const [row] = await session.rows(
    `with numbered as (select ctid as place, row_number() over (partition by ${keys} order by ctid) as n from ${names.staging}), ` +
      `gone as (delete from ${names.staging} t using numbered where t.ctid = numbered.place and numbered.n > 1 returning t.*) ` +
      (proof === undefined
        ? `select count(*)::text as rows, ${checksumSql(table) ?? 'null::text'} as checksum from gone t`
        : `select ${sumsSql(proof)} from ${hashedRowsSql(table, 'select * from gone')}`),
  );
  return countedIn(row);
}
