import PgBoss10 from 'pg-boss';
import PgBoss11 from 'pg-boss-11';
import { PgBoss as PgBoss12 } from 'pg-boss-12';

/** The versions whose jobs respool reads, each as a package of its own. */
export const PG_BOSS_VERSIONS = [10, 11, 12] as const;

/** What a test asks of pg-boss, as all versions have it. */
interface PgBoss {
  on(event: 'error', listener: () => void): unknown;
  start(): Promise<unknown>;
  stop(options: { readonly graceful: boolean }): Promise<void>;
  createQueue(name: string, options?: QueueOptions): Promise<void>;
  send(queue: string, data: object): Promise<unknown>;
  fetch(queue: string, options: { readonly batchSize: number }): Promise<readonly { readonly id: string }[]>;
  fail(queue: string, id: string, error: object): Promise<unknown>;
  retry(queue: string, id: string): Promise<unknown>;
}

interface QueueOptions {
  /** Version 10 asks for the name a second time. */
  readonly name: string;
  readonly deadLetter?: string;
  readonly retryLimit?: number;
}

type Start = (options: {
  readonly connectionString: string;
  readonly supervise: boolean;
  readonly schedule: boolean;
}) => PgBoss;

const STARTS = {
  10: (options) => new PgBoss10(options),
  11: (options) => new PgBoss11(options),
  12: (options) => new PgBoss12(options),
} satisfies Record<(typeof PG_BOSS_VERSIONS)[number], Start>;

/** Starts a version of pg-boss, which makes its schema in the database; it fails and retries nothing by itself. */
export async function startPgBoss(
  version: (typeof PG_BOSS_VERSIONS)[number],
  connectionString: string,
): Promise<PgBoss & AsyncDisposable> {
  const boss: PgBoss = STARTS[version]({ connectionString, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  return Object.assign(boss, { [Symbol.asyncDispose]: () => boss.stop({ graceful: false }) });
}
