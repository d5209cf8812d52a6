import type { TableShape } from './introspect.js';
import type { TableLayout } from './layout.js';

/** How the jobs of one library lie in its tables. */
export interface JobTable {
  /** Its table, in the schema that it uses unless told otherwise. */
  readonly table: string;
  readonly schema?: string;
  /** The column or expression that names a job's queue. */
  readonly queueOf: string;
  readonly layout: Pick<TableLayout, 'isDead' | 'letter' | 'why'> &
    Partial<Pick<TableLayout, 'expiresAt' | 'warnings'>>;
}

/** Message and class of `ClassName: message`, as Rails libraries write errors. */
const classOf = (text: string) => `substring(${text} from '^([A-Z][A-Za-z0-9_:]*): ')`;
const messageOf = (text: string) => `split_part(regexp_replace(${text}, '^[A-Z][A-Za-z0-9_:]*: ', ''), E'\\n', 1)`;
const failedExecution = (columns: string) =>
  `(select ${columns} from {schema}solid_queue_failed_executions f where f.job_id = t.id)`;

/** Job libraries whose dead jobs are rows of one table. `{schema}` stands for the schema of the table. */
export const JOB_TABLES: Readonly<Record<string, JobTable>> = {
  /** graphile-worker 0.14 and later; the public view has no payload. */
  'graphile-worker': {
    schema: 'graphile_worker',
    table: '_private_jobs',
    queueOf: '(select k.identifier from {schema}_private_tasks k where k.id = t.task_id)',
    layout: {
      isDead: 't.attempts >= t.max_attempts and t.locked_at is null',
      letter: {
        body: 't.payload',
        id: 't.id',
        name: '(select k.identifier from {schema}_private_tasks k where k.id = t.task_id)',
        sentAt: 't.created_at',
        failedAt: 't.updated_at',
        deliveries: 't.attempts',
        errorMessage: 't.last_error',
      },
      why: 'jobs that have used up their attempts',
    },
  },
  /** GoodJob 4: its own scope `discarded`. */
  'good-job': {
    table: 'good_jobs',
    queueOf: 't.queue_name',
    layout: {
      isDead: 't.finished_at is not null and t.error is not null',
      letter: {
        body: 't.serialized_params',
        id: 't.id',
        name: 't.job_class',
        origin: 't.queue_name',
        sentAt: 't.created_at',
        failedAt: 't.finished_at',
        deliveries: 't.executions_count',
        errorClass: classOf('t.error'),
        errorMessage: messageOf('t.error'),
      },
      expiresAt: "t.finished_at + interval '14 days'",
      why: 'jobs that GoodJob has discarded',
    },
  },
  'solid-queue': {
    table: 'solid_queue_jobs',
    queueOf: 't.queue_name',
    layout: {
      isDead: 'exists (select from {schema}solid_queue_failed_executions f where f.job_id = t.id)',
      letter: {
        body: 't.arguments',
        id: 't.id',
        name: 't.class_name',
        origin: 't.queue_name',
        sentAt: 't.created_at',
        failedAt: failedExecution('f.created_at'),
        errorClass: failedExecution("f.error::json->>'exception_class'"),
        errorMessage: failedExecution("f.error::json->>'message'"),
      },
      why: 'jobs with a failed execution',
    },
  },
  /** Que 1 and 2. */
  que: {
    table: 'que_jobs',
    queueOf: 't.queue',
    layout: {
      isDead: 't.expired_at is not null',
      letter: {
        body: "case when coalesce(to_jsonb(t)->'kwargs', '{}') = '{}' then t.args else t.args || jsonb_build_array(to_jsonb(t)->'kwargs') end",
        id: 't.id',
        name: 't.job_class',
        origin: 't.queue',
        sentAt: 't.run_at',
        failedAt: 't.expired_at',
        deliveries: 't.error_count',
        errorClass: classOf('t.last_error_message'),
        errorMessage: messageOf('t.last_error_message'),
      },
      why: 'jobs that Que has given up',
    },
  },
};

interface JobQueue {
  readonly kind: string;
  /** The queue whose jobs are wanted; undefined for all. */
  readonly queue: string | undefined;
}

/** The layout of a job library over the table that was found. */
export function jobLayout(shape: TableShape, job: JobTable, { kind, queue }: JobQueue): TableLayout {
  const schema = shape.table.slice(0, shape.table.lastIndexOf('.') + 1);
  const filled = (text: string) => text.replaceAll('{schema}', schema);
  const { layout } = job;
  const isDead = filled(layout.isDead);
  const letter = Object.fromEntries(Object.entries(layout.letter).map(([name, text]) => [name, filled(text)]));
  return {
    kind,
    queue: queue ?? '*',
    table: shape.table,
    isDead: queue === undefined ? isDead : `${isDead} and ${filled(job.queueOf)} = '${queue.replaceAll("'", "''")}'`,
    key: [{ name: 'id', type: shape.columns.get('id') ?? 'bigint' }],
    letter: letter as unknown as TableLayout['letter'], // the same names, with the schema filled in
    removal: { kind: 'delete' },
    ...(layout.expiresAt !== undefined && { expiresAt: layout.expiresAt }),
    isDeadLetters: true,
    why: layout.why,
    warnings: layout.warnings ?? [],
  };
}
