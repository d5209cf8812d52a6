import { createDatabase } from '../../support/postgres.js';
import { bodyOf, type Filled, numbers } from './filled.js';

/** A staging table in a database of its own. */
export async function filledStaging(serverUrl?: string): Promise<Filled> {
  const database = await createDatabase(serverUrl);
  await database.query('create table staging (id bigserial primary key, payload text, done boolean)');
  await database.query('insert into staging (payload) select unnest($1::text[])', [numbers.map(bodyOf)]);
  return {
    address: `${database.url}?table=staging&processed=done`,
    env: {},
    async waiting() {
      const [row] = await database.query('select count(*)::int as n from staging where done is not true');
      return Number(row?.n);
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
