import type { Connection } from '../../postgres/connection.js';
import { readTable } from './introspect.js';
import { qualified, READING } from './partition-map.js';
import type { Table, Texts } from './table.js';

const TEXT_OID = 25;
const TIMESTAMPTZ_OID = 1184;
const JSONB_OID = 3802;

/** The table that is made when the named one is missing. */
export function newTable({ schema, name }: Pick<Table, 'schema' | 'name'>, texts: Texts): Table {
  const column = (called: string, wire: 'text' | 'timestamptz' | 'jsonb', typeOid: number, notNull: boolean) => {
    const without = { defaultText: undefined, isGenerated: false };
    return { name: called, typeName: wire, typeOid, wire, texts, notNull, ...without };
  };
  return {
    oid: undefined,
    schema,
    name,
    columns: [
      column('event_id', 'text', TEXT_OID, true),
      column('occurred_at', 'timestamptz', TIMESTAMPTZ_OID, true),
      column('name', 'text', TEXT_OID, false),
      column('payload', 'jsonb', JSONB_OID, false),
    ],
    keys: [{ name: `${name}_pkey`, columns: ['event_id', 'occurred_at'] }],
    partitioning: { strategy: 'range', column: 'occurred_at' },
    partitions: [],
    hasRowSecurity: false,
    hasInsertTriggers: false,
    hasStatementTriggers: false,
    isOwned: true,
    timezone: undefined,
    missingRights: [],
  };
}

const LOCK = 0x7265_7370;

/**
 * Makes the table unless another writer just did, and resolves to what is there then. Runs its own transactions: what is locked is
 * let go of without a word of this process, which may stand still at any moment.
 */
export async function makeTable(connection: Connection, { schema, name }: Table): Promise<Table> {
  const relation = qualified({ schema, name });
  await connection.run(
    `begin; set local statement_timeout = 0; set local lock_timeout = '30s'; select pg_advisory_xact_lock(${LOCK}); ` +
      `create table if not exists ${relation} (event_id text not null, occurred_at timestamptz not null, name text, payload jsonb, ` +
      `primary key (event_id, occurred_at)) partition by range (occurred_at); commit`,
  );
  await connection.run(READING);
  const table = await readTable(connection, { schema, name });
  await connection.run('commit');
  if (table === undefined) throw new Error(`table ${relation} is not there after it was made`);
  return table;
}
