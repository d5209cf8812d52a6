import PgBoss from 'pg-boss';
import { createDatabase } from '../../support/postgres.js';
import { type Filled, jsonOf, numbers } from './filled.js';

/** Jobs that pg-boss itself has failed, without a dead-letter queue. */
export async function filledPgboss(): Promise<Filled> {
  const database = await createDatabase();
  const boss = new PgBoss({ connectionString: database.url, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  await boss.createQueue('orders', { name: 'orders', retryLimit: 0 });
  await boss.insert(numbers.map((n) => ({ name: 'orders', data: JSON.parse(jsonOf(n)) })));
  const jobs = await boss.fetch('orders', { batchSize: numbers.length });
  await boss.fail(
    'orders',
    jobs.map(({ id }) => id),
  );
  await boss.stop({ graceful: false });
  const { hostname, port, username, password, pathname } = new URL(database.url);
  const names = { PGHOST: hostname, PGPORT: port, PGUSER: username, PGPASSWORD: password };
  return {
    address: 'pgboss:orders',
    env: {
      ...Object.fromEntries(Object.entries(names).filter(([, value]) => value !== '')),
      PGDATABASE: pathname.slice(1),
    },
    async waiting() {
      const [row] = await database.query(
        `select count(*)::int as n from pgboss.job where name = 'orders' and state = 'failed'`,
      );
      return Number(row?.n);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
