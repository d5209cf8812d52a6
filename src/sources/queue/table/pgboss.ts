import { didYouMean } from '../../../did-you-mean.js';
import { CannotEvaluateError, UsageError } from '../../../errors.js';
import type { Connection } from '../../../postgres/connection.js';
import { quoteName } from '../../../postgres/sql.js';
import type { TableShape } from './introspect.js';
import type { TableLayout } from './layout.js';

interface PgBossQueue {
  readonly schema: string;
  readonly queue: string;
  readonly label: string;
}

/**
 * A queue of pg-boss 10 to 12: its failed jobs; for a queue that others send their dead letters to, also the jobs that
 * wait in it. The versions are told apart by their columns.
 * @throws UsageError `source_not_found`; CannotEvaluateError `source_unreadable`.
 */
export async function pgbossLayout(
  connection: Connection,
  shape: TableShape,
  { schema, queue, label }: PgBossQueue,
): Promise<TableLayout> {
  const has = (column: string) => shape.columns.has(column);
  if (!has('dead_letter') || !has('completed_on')) {
    throw new CannotEvaluateError(`${label}: the jobs in ${schema} are not those of pg-boss 10 to 12`, {
      code: 'source_unreadable',
      hint: 'pg-boss 9 and earlier has no dead-letter queues; name another schema with ?schema=',
    });
  }
  const queues = await connection.rows(`select name, dead_letter from ${quoteName(schema)}.queue`);
  const names = queues.map(({ name }) => String(name));
  if (!names.includes(queue)) {
    throw new UsageError(`${label}: there is no such queue in ${schema}`, {
      code: 'source_not_found',
      hint: didYouMean(queue, names) ?? `queues there: ${names.toSorted().slice(0, 10).join(', ') || 'none'}`,
    });
  }
  const senders = queues.flatMap(({ name, dead_letter }) => (dead_letter === queue ? [String(name)] : []));
  const isForDeadLetters = senders.length > 0;
  const states = isForDeadLetters ? "('created', 'retry', 'failed')" : "('failed')";
  const error = has('source_output') ? 'coalesce(t.source_output, t.output)' : 't.output';
  // A failed job and its copy in the dead-letter queue are one letter: they share the id of the first.
  const root = has('source_root_id') ? 'coalesce(t.source_root_id, t.id)' : 't.id';
  return {
    kind: 'pgboss',
    queue,
    table: shape.table,
    isDead: `t.name = ${literal(queue)} and t.state in ${states}`,
    key: [{ name: 'id', type: 'uuid' }],
    letter: {
      body: 't.data',
      id: root,
      origin: has('source_name') ? 'coalesce(t.source_name, t.name)' : 't.name',
      sentAt: has('source_created_on') ? 'coalesce(t.source_created_on, t.created_on)' : 't.created_on',
      failedAt: 'coalesce(t.completed_on, t.created_on)',
      deliveries: `${has('source_retry_count') ? 'coalesce(t.source_retry_count, t.retry_count)' : 't.retry_count'} + 1`,
      errorClass: `${error}->>'name'`,
      errorMessage: `coalesce(${error}->>'message', ${error}->>'value')`,
    },
    removal: { kind: 'delete' },
    expiresAt: has('deletion_seconds')
      ? "case when t.state = 'failed' then t.completed_on + t.deletion_seconds * interval '1 second' else t.keep_until end"
      : "case when t.state <> 'failed' then t.keep_until end",
    isDeadLetters: true,
    why: isForDeadLetters ? `${senders.join(', ')} sends its dead letters here` : 'jobs that have failed for good',
    warnings: warningsOf(has, isForDeadLetters),
  };
}

function warningsOf(has: (column: string) => boolean, isForDeadLetters: boolean): string[] {
  const warnings: string[] = [];
  if (!has('deletion_seconds')) {
    warnings.push(
      'pg-boss 10 moves failed jobs to its archive after a while (archiveFailedAfterSeconds): they are out of sight then',
    );
  }
  if (isForDeadLetters && !has('source_root_id')) {
    warnings.push(
      'this pg-boss does not link a dead letter to the job that failed: the two are the same event only by its own id',
    );
  }
  return warnings;
}

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
