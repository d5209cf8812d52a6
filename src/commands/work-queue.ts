import { backfillTrade } from '../backfill/queue/trade.js';
import { parseAddress } from '../postgres/address.js';
import type { Database } from '../postgres/connection.js';
import { connect, connectError } from '../postgres/server.js';
import { kindOf } from '../postgres/sql-error.js';
import { replayTrade } from '../replay/trade.js';
import { type Desk, openDesk } from '../work/desk.js';
import { type Jobs, openJobs } from '../work/jobs.js';
import type { Trade } from '../work/trade.js';
import type { Invocation } from './command.js';

/** What workers and those who hand out work share: jobs, the list of workers, and the database in which all of it lies. */
export interface WorkQueue extends AsyncDisposable {
  readonly database: Database;
  readonly jobs: Jobs;
  readonly desk: Desk;
}

interface Circumstances extends Pick<Invocation, 'io' | 'stop'> {
  /** Sessions with the database, beside the two of the queue itself. */
  readonly sessions: number;
}

/**
 * Opens the queue at `postgres://…`, and makes what is missing of it.
 * @throws RespoolError with what the user does next.
 */
export async function openQueue(url: string, { io, stop, sessions }: Circumstances): Promise<WorkQueue> {
  const address = parseAddress(url, io.env);
  const database = await connect(address, sessions, stop.now);
  try {
    const desk = await openDesk(database, stop.now);
    const jobs = await openJobs(address, database, stop.now);
    const close = async () => {
      await jobs[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    };
    return { database, jobs, desk, [Symbol.asyncDispose]: close };
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

/** An error of the queue's database as what a user can act on. */
export function queueError(error: unknown, { database }: Pick<WorkQueue, 'database'>): unknown {
  return kindOf(error) === undefined ? error : connectError(error, `${database.label} (queue)`);
}

/** All trades, for a process that only watches: it can write down what nobody could do. */
export async function tradesOfWatchers(database: Database, signal: AbortSignal): Promise<readonly Trade[]> {
  const noWork = () => Promise.reject(new Error('who watches does not work'));
  return [
    await backfillTrade({ database, signal, withWork: noWork }),
    await replayTrade({ database, signal, deliver: noWork }),
  ];
}
