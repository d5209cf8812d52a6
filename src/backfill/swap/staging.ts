import type { Connection } from '../../postgres/connection.js';
import { quoteName } from '../../postgres/sql.js';
import { qualified } from '../../sinks/postgres/partition-map.js';
import { commentSql } from './comment.js';
import { extendedStatisticsSql } from './extended-statistics.js';
import type { Model, ModelIndex } from './model.js';
import { BOUNDS, type SwapNames } from './names.js';

/** What the new partition is made of. */
export interface Staging {
  readonly names: SwapNames;
  readonly model: Model;
  /** The live partition or the table, quoted. */
  readonly modelRelation: string;
  /** That a row belongs into the partition. */
  readonly within: string;
  readonly serverVersion: number;
  /** Identity columns of the table and their sequences: before PostgreSQL 17 a partition does not have them itself. */
  readonly identities: readonly { readonly column: string; readonly sequence: string }[];
}

/**
 * The statements that make the new partition: the columns, defaults, checks and storage of its model, without indexes. Rows
 * outside its bounds are refused from the start, so that attaching it needs no scan.
 */
export function stagingSql({ names, model, modelRelation, within, serverVersion, identities }: Staging): string {
  const { staging } = names;
  const parts = ['defaults', 'constraints', 'generated', 'storage', 'comments'];
  if (serverVersion >= 140_000) parts.push('compression');
  const like = parts.map((part) => `including ${part}`).join(' ');
  const options = [...model.options, ...model.toastOptions.map((option) => `toast.${option}`)];
  const statements = [
    `drop table if exists ${staging}`,
    `create ${model.isUnlogged ? 'unlogged ' : ''}table ${staging} (like ${modelRelation} ${like})` +
      `${model.accessMethod === undefined ? '' : ` using ${quoteName(model.accessMethod)}`}` +
      `${options.length === 0 ? '' : ` with (${options.join(', ')})`}` +
      `${model.tablespace === undefined ? '' : ` tablespace ${quoteName(model.tablespace)}`}`,
    `alter table ${staging} add constraint ${BOUNDS} check (${within})`,
    ...identities.map(
      ({ column, sequence }) =>
        `alter table ${staging} alter column ${quoteName(column)} set default nextval('${sequence.replaceAll("'", "''")}')`,
    ),
    ...model.columns.flatMap((column) => {
      const alter = `alter table ${staging} alter column ${quoteName(column.name)}`;
      return [
        ...(column.statistics === undefined ? [] : [`${alter} set statistics ${column.statistics}`]),
        ...(column.options.length === 0 ? [] : [`${alter} set (${column.options.join(', ')})`]),
      ];
    }),
  ];
  return statements.join('; ');
}

/** Builds the indexes and what stands on them, one after another. `onDuplicate` makes a unique index possible. */
export async function buildIndexes(
  connection: Connection,
  { names, model }: Staging,
  build: (sql: string) => Promise<void>,
): Promise<void> {
  for (const [at, index] of model.indexes.entries()) {
    const name = quoteName(names.index(at));
    await connection.run(
      `set default_tablespace = ${index.tablespace === undefined ? "''" : quoteName(index.tablespace)}`,
    );
    if (index.constraint === 'x') {
      await build(`alter table ${names.staging} add constraint ${name} ${index.definition ?? ''}`);
      continue;
    }
    await build(`create ${index.isUnique ? 'unique ' : ''}index ${name} on ${names.staging}${index.tail}`);
    if (index.constraint === undefined) continue;
    const kind = index.constraint === 'p' ? 'primary key' : 'unique';
    await connection.run(
      `alter table ${names.staging} add constraint ${name} ${kind} using index ${name}${index.deferral}`,
    );
  }
  await connection.run('reset default_tablespace');
}

/** Everything else that the partition must have: foreign keys, triggers, rights, row security, replica identity. */
export async function dress(connection: Connection, { names, model, identities }: Staging): Promise<void> {
  const { staging } = names;
  for (const { column } of identities) {
    await connection.run(`alter table ${staging} alter column ${quoteName(column)} drop default`);
  }
  const run = async (statements: readonly string[]) => {
    for (const statement of statements) await connection.run(statement);
  };
  for (const { name, definition, comment } of model.foreignKeys) {
    const constraint = quoteName(name);
    await run([
      `alter table ${staging} add constraint ${constraint} ${definition} not valid`,
      `alter table ${staging} validate constraint ${constraint}`,
      ...commentSql(`constraint ${constraint} on ${staging}`, model.kind === 'p' ? undefined : comment),
    ]);
  }
  for (const trigger of model.triggers) {
    await run([
      trigger.definition.replace('%RELATION%', () => staging),
      ...switchSql(staging, trigger),
      ...commentSql(`trigger ${quoteName(trigger.name)} on ${staging}`, trigger.comment),
    ]);
  }
  for (const { name, definition, comment } of model.policies) {
    await run([
      definition.replace('%RELATION%', () => staging),
      ...commentSql(`policy ${quoteName(name)} on ${staging}`, comment),
    ]);
  }
  if (model.kind === 'p') return;
  await run(commentSql(`table ${staging}`, model.comment));
  await run(extendedStatisticsSql(staging, model.statistics, names.statistics));
  await run(model.indexes.flatMap((index, at) => indexWordsSql(names, index, at)));
  await dressAsLive(connection, { staging, names, model });
}

/** The statement that switches a trigger as it was; none where the state is unknown. */
export function switchSql(
  relation: string,
  { name, enabled }: { readonly name: string; readonly enabled: string },
): readonly string[] {
  const state = { D: 'disable', R: 'enable replica', A: 'enable always', O: 'enable' }[enabled];
  return state === undefined ? [] : [`alter table ${relation} ${state} trigger ${quoteName(name)}`];
}

/** What is said of an index, and how closely its expressions are looked at. */
function indexWordsSql(names: SwapNames, index: ModelIndex, at: number): readonly string[] {
  const name = qualified({ schema: names.schema, name: names.index(at) });
  return [
    ...index.targets.map(({ column, target }) => `alter index ${name} alter column ${column} set statistics ${target}`),
    ...commentSql(`index ${name}`, index.comment),
    ...commentSql(`constraint ${quoteName(names.index(at))} on ${names.staging}`, index.constraintComment),
  ];
}

async function dressAsLive(
  connection: Connection,
  { staging, names, model }: Pick<Staging, 'names' | 'model'> & { readonly staging: string },
): Promise<void> {
  const statements: string[] = [];
  if (model.rowSecurity) statements.push(`alter table ${staging} enable row level security`);
  if (model.forcesRowSecurity) statements.push(`alter table ${staging} force row level security`);
  if (model.replicaIdentity === 'f') statements.push(`alter table ${staging} replica identity full`);
  if (model.replicaIdentity === 'n') statements.push(`alter table ${staging} replica identity nothing`);
  for (const [at, index] of model.indexes.entries()) {
    const name = quoteName(names.index(at));
    if (index.isReplicaIdentity && model.replicaIdentity === 'i')
      statements.push(`alter table ${staging} replica identity using index ${name}`);
    if (index.isClustered) statements.push(`alter table ${staging} cluster on ${name}`);
  }
  for (const { before, after } of model.grants) statements.push(`${before}${staging}${after}`);
  statements.push(`alter table ${staging} owner to ${quoteName(model.owner)}`);
  for (const statement of statements) await connection.run(statement);
}
