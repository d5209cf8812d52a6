import { randomBytes } from 'node:crypto';
import { WORK_NAME } from '../backfill/holders.js';
import { parseAddress } from '../postgres/address.js';
import { connect } from '../postgres/server.js';
import type { Invocation } from './command.js';

/** A name by which whoever takes work over finds the sessions of this worker. */
export function nameOfSessions(): string {
  return `${WORK_NAME} ${randomBytes(8).toString('hex')}`;
}

/** An address whose sessions are called so, where it is one of Postgres. */
export function withSessionName(url: string, name: string): string {
  if (!isPostgres(url)) return url;
  const address = new URL(url);
  address.searchParams.set('application_name', name);
  return address.href;
}

/** Whether an address is one of Postgres. */
export function isPostgres(url: string): boolean {
  return /^postgres(?:ql)?:/iu.test(url);
}

/**
 * Ends the sessions of this name, and with them what they had begun: whoever opened them is dead or stands still. Those of another
 * role may not be ended: then they are waited for, as what cannot be reached is.
 */
export async function endSessions(
  urls: readonly string[],
  name: string,
  { io, stop }: Pick<Invocation, 'io' | 'stop'>,
): Promise<void> {
  const end = async (url: string) => {
    await using database = await connect(parseAddress(url, io.env), 1, stop.now);
    await database.use((connection) => connection.rows(END, [name]), stop.now);
  };
  await Promise.allSettled(urls.filter(isPostgres).map(end));
}

const END = `
  select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name = $1 and pid <> pg_backend_pid()`;
