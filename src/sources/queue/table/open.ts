import { didYouMean } from '../../../did-you-mean.js';
import { UsageError } from '../../../errors.js';
import { parseAddress, type ServerAddress } from '../../../postgres/address.js';
import type { Connection } from '../../../postgres/connection.js';
import { connect, connectError } from '../../../postgres/server.js';
import { kindOf } from '../../../postgres/sql-error.js';
import type { SourceContext } from '../../context.js';
import type { Source } from '../../source.js';
import type { QueueDriver } from '../driver.js';
import { openQueue } from '../queue-source.js';
import { introspect, refuseWithoutRights } from './introspect.js';
import { JOB_TABLES, jobLayout } from './job-layouts.js';
import type { TableLayout } from './layout.js';
import type { Lease } from './lease.js';
import { pgbossLayout } from './pgboss.js';
import { stagingLayout } from './staging.js';
import { createTableDriver, SESSIONS } from './table.js';

const OTHER_SCHEMA =
  'check the database (PGDATABASE, or its name in the address), or name another schema with ?schema=';

/** Finds out how the messages lie in their table. */
type FindLayout = (connection: Connection) => Promise<TableLayout>;

/**
 * Opens a table whose rows are messages: `postgres://…?table=…&processed=<column>`, `postgres://…?jobs=<library>`.
 * @throws UsageError, CannotEvaluateError, IncompleteError: see docs/errors.md, `queue_…` and `database_…`.
 */
export async function openTableQueue(text: string, context: SourceContext): Promise<Source> {
  const address = parseAddress(text, context.env ?? {});
  const driver = address.tableQuery.has('jobs')
    ? await openJobs(address, context)
    : await openStaging(address, context);
  return openQueue(driver, context);
}

/** Opens `pgboss:<queue>`; the server is named by `PGHOST` and the like, or by ?host=…&dbname=…. */
export async function openPgBoss(text: string, context: SourceContext): Promise<Source> {
  const [, path = '', query = ''] = /^pgboss:([^?]*)(?:\?(.*))?$/isu.exec(text) ?? [];
  const queue = decodeURIComponent(path);
  if (queue === '') throw badOption('pgboss: names no queue', 'write pgboss:<queue>');
  const address = parseAddress(`postgres://?${query}`, context.env ?? {});
  refuseUnknown(address, ['schema']);
  const schema = address.tableQuery.get('schema') ?? 'pgboss';
  const label = `pgboss:${queue}`;
  const driver = await openDriver({ address, label }, context, async (connection) => {
    const shape = await introspect(connection, `${schema}.job`, label, OTHER_SCHEMA);
    if (context.dryRun !== true) refuseWithoutRights(shape, ['update', 'delete'], label);
    return pgbossLayout(connection, shape, { schema, queue, label });
  });
  return openQueue(driver, context);
}

function openStaging(address: ServerAddress, context: SourceContext): Promise<QueueDriver<Lease | undefined>> {
  refuseUnknown(address, ['table', 'processed', 'body', 'key']);
  const { tableQuery } = address;
  const [name, processed] = [tableQuery.get('table'), tableQuery.get('processed')];
  if (!name || !processed) throw badOption('the address names no table', 'write ?table=events_staging&processed=done');
  const label = `${address.label}?table=${name}&processed=${processed}`;
  return openDriver({ address, label }, context, async (connection) => {
    const shape = await introspect(connection, name, label);
    if (context.dryRun !== true) refuseWithoutRights(shape, ['update'], label);
    const key = tableQuery.get('key')?.split(',');
    return stagingLayout(shape, { name, processed, body: tableQuery.get('body'), key });
  });
}

function openJobs(address: ServerAddress, context: SourceContext): Promise<QueueDriver<Lease | undefined>> {
  refuseUnknown(address, ['jobs', 'queue', 'schema']);
  const { tableQuery } = address;
  const kind = tableQuery.get('jobs') ?? '';
  const job = JOB_TABLES[kind];
  if (job === undefined) {
    const names = Object.keys(JOB_TABLES);
    throw badOption(`jobs=${kind}: no such library is known`, didYouMean(kind, names) ?? names.join(', '));
  }
  const schema = tableQuery.get('schema') ?? job.schema;
  const queue = tableQuery.get('queue');
  const label = `${address.label}?jobs=${kind}${queue === undefined ? '' : `&queue=${queue}`}`;
  return openDriver({ address, label }, context, async (connection) => {
    const name = schema === undefined ? job.table : `${schema}.${job.table}`;
    const shape = await introspect(connection, name, label, OTHER_SCHEMA);
    if (context.dryRun !== true) refuseWithoutRights(shape, ['update', 'delete'], label);
    return jobLayout(shape, job, { kind, queue });
  });
}

async function openDriver(
  { address, label }: { readonly address: ServerAddress; readonly label: string },
  { dryRun = false, queue }: SourceContext,
  findLayout: FindLayout,
): Promise<QueueDriver<Lease | undefined>> {
  const signal = AbortSignal.timeout(60_000);
  const database = await connect(address, SESSIONS, signal);
  try {
    const layout = await database.use(findLayout, signal);
    return createTableDriver({ label, layout, database, follow: queue?.follow === true, dryRun });
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw kindOf(error) === undefined ? error : connectError(error, address.label);
  }
}

function refuseUnknown({ tableQuery }: ServerAddress, known: readonly string[]): void {
  for (const name of tableQuery.keys()) {
    if (!known.includes(name)) {
      throw badOption(`the source has no option "${name}"`, didYouMean(name, known) ?? `options: ${known.join(', ')}`);
    }
  }
}

function badOption(message: string, hint: string): UsageError {
  return new UsageError(message, { code: 'bad_source_option', hint });
}
