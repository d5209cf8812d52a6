import { folderWith } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { backfill, DAYS_TABLE, RANGE, startBackfill } from './backfilling.js';

/** A folder with a dump, and a database with the table `ev`. */
export async function openPlace(events: string, sql = DAYS_TABLE, serverUrl?: string) {
  const folder = await folderWith({ 'dump.ndjson': events });
  const database = await createDatabase(serverUrl);
  await database.query(sql);
  const target = `${database.url}?table=ev`;
  const all = (args: readonly string[]) => ['dump.ndjson', '--to', target, ...RANGE, ...args];
  return {
    database,
    target,
    path: folder.path,
    call: { cwd: folder.path },
    run: (...args: string[]) => backfill(all(args), { cwd: folder.path }),
    start: (...args: string[]) => startBackfill(all(args), { cwd: folder.path }),
    /** Runs `respool backfill <verb> <run>`. */
    later: (verb: string, run: string, ...args: string[]) =>
      backfill([verb, run, '--to', target, ...args], { cwd: folder.path }),
    /** Starts the same, to be stopped on its way. */
    startLater: (verb: string, run: string, ...args: string[]) =>
      startBackfill([verb, run, '--to', target, ...args], { cwd: folder.path }),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
