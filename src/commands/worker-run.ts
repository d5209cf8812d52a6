import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Work } from '../backfill/context.js';
import { WORK_NAME } from '../backfill/holders.js';
import { backfillTrade } from '../backfill/queue/trade.js';
import type { States } from '../backfill/states.js';
import { UsageError } from '../errors.js';
import { connectError } from '../postgres/server.js';
import { kindOf } from '../postgres/sql-error.js';
import { replayTrade } from '../replay/trade.js';
import type { Job } from '../work/jobs.js';
import { labour, watchTheDead } from '../work/labour.js';
import { loadRun, withTarget } from './backfill-later.js';
import type { Invocation } from './command.js';
import { limitsOf } from './gentle-options.js';
import { createKeptPool } from './kept-pool.js';
import { openQueue } from './work-queue.js';
import type { WorkerOptions } from './worker.js';
import { deliverSlice } from './worker-slice.js';

/**
 * Carries out `respool worker` and resolves to its exit code: 0 when it ends because there is nothing to do.
 * @throws RespoolError with what the user does next.
 */
export async function runWorker(call: Invocation<WorkerOptions>): Promise<number> {
  const { options, io, stop } = call;
  const { queue } = options;
  if (queue === undefined) {
    throw new UsageError('respool worker needs --queue', {
      code: 'missing_queue',
      hint: 'write --queue postgres://user@host:5432/database, the same as that of respool replay or respool backfill',
    });
  }
  const tell = (note: string) => {
    if (!options.quiet) io.stderr.write(`${note}\n`);
  };
  await using open = await openQueue(queue, { io, stop, sessions: 2 + 2 * options.jobs });
  const { database, jobs, desk } = open;
  const name = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  await using pools = createKeptPool();
  const trades = [
    await backfillTrade({ database, signal: stop.now, withWork: workOnBackfill(call, tell) }),
    await replayTrade({ database, signal: stop.now, deliver: (work) => deliverSlice({ ...call, tell, pools }, work) }),
  ];
  tell(`worker ${name} waits for work`);
  using _watch = watchTheDead({ jobs, desk, trades, tell }, stop.finish);
  const hands = Array.from({ length: options.jobs }, (_, hand) => {
    const own = {
      name: `${name}-${hand}`,
      jobs,
      desk,
      trades,
      idleExitMs: options.idleExit,
      finish: stop.finish,
      tell,
    };
    return labour(own).finally(() => desk.leave(own.name).catch(() => undefined));
  });
  await Promise.all(hands).catch((error: unknown) => {
    throw kindOf(error) === undefined ? error : connectError(error, `${database.label} (queue)`);
  });
  return stop.exitCode ?? 0;
}

/** How this process works on partitions: each run is opened by its folder, its target by the words of the worker. */
function workOnBackfill(call: Invocation<WorkerOptions>, tell: (note: string) => void) {
  const { options } = call;
  return async ({ folder = '', run }: Job, states: States, body: (work: Work) => Promise<void>) => {
    const known = await loadRun(folder, run);
    const words = options.to.length > 0 ? options.to : known.record.sinks;
    // Whoever takes a partition over from this worker finds its sessions by their name.
    const sessions = `${WORK_NAME} ${randomBytes(8).toString('hex')}`;
    const one = { ...call, options: { ...options, jobs: 1 } };
    await withTarget(one, { known, states, words, limits: limitsOf(options), tell, sessions }, ({ work }) =>
      body({ ...work, takesOver: true }),
    );
  };
}
