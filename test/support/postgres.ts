import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  /** Runs one or many statements as superuser and resolves to the rows of the last one. */
  query(sql: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
}

/** A fresh, empty database on the shared test server; dropped when disposed. @param how more of `create database`. */
export async function createDatabase(serverUrl: string = inject('postgresUrl'), how = ''): Promise<TestDatabase> {
  const name = `t_${randomUUID().replaceAll('-', '')}`;
  await once(serverUrl, `create database ${name} ${how}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 2 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    url: url.href,
    async query(sql, values) {
      const result: pg.QueryResult | pg.QueryResult[] = await pool.query(sql, values === undefined ? [] : [...values]);
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await once(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

async function once(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
