import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Work } from '../backfill/context.js';
import { backfillTrade } from '../backfill/queue/trade.js';
import type { States } from '../backfill/states.js';
import { UsageError } from '../errors.js';
import { replayTrade } from '../replay/trade.js';
import type { Job } from '../work/jobs.js';
import { labour, watchTheDead } from '../work/labour.js';
import { loadRun } from './backfill-later.js';
import { type OpenTarget, openTarget } from './backfill-run-target.js';
import type { Invocation } from './command.js';
import { limitsOf } from './gentle-options.js';
import { createKept, type Kept } from './kept.js';
import { openQueue, queueError } from './work-queue.js';
import { nameOfSessions } from './work-sessions.js';
import type { WorkerOptions } from './worker.js';
import { type Delivery, deliverSlice } from './worker-slice.js';

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
  await using deliveries = createKept<Delivery>();
  await using targets = createKept<OpenTarget>(isAlive);
  const trades = [
    await backfillTrade({
      database,
      signal: stop.now,
      async withWork(...given) {
        await deliveries.rest();
        return workOnBackfill(call, { tell, targets })(...given);
      },
    }),
    await replayTrade({
      database,
      signal: stop.now,
      async deliver(work) {
        // A range that is claimed keeps others out.
        await targets.rest();
        return deliverSlice({ ...call, tell, deliveries }, work);
      },
    }),
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
      onIdle: () => Promise.all([targets.rest(), deliveries.rest()]).then(() => undefined),
      finish: stop.finish,
      tell,
    };
    return labour(own).finally(() => desk.leave(own.name).catch(() => undefined));
  });
  await Promise.all(hands).catch((error: unknown) => {
    throw queueError(error, open);
  });
  return stop.exitCode ?? 0;
}

/** Whether the session that holds the range of a run still does. */
async function isAlive({ session }: OpenTarget): Promise<boolean> {
  return session.run('select 1').then(
    () => true,
    () => false,
  );
}

interface Hands {
  readonly tell: (note: string) => void;
  /** Opened once for all partitions of a run that follow one another. */
  readonly targets: Kept<OpenTarget>;
}

/** How this process works on partitions: each run is opened by its folder, its target by the words of the worker. */
function workOnBackfill(call: Invocation<WorkerOptions>, { tell, targets }: Hands) {
  const { options } = call;
  const one = { ...call, options: { ...options, jobs: 1 } };
  return async ({ folder = '', run }: Job, states: States, body: (work: Work) => Promise<Error | undefined>) => {
    const open = async () => {
      const known = await loadRun(folder, run);
      const words = options.to.length > 0 ? options.to : known.record.sinks;
      // Whoever takes a partition over from this worker finds its sessions by their name.
      const sessions = nameOfSessions();
      return openTarget(one, { known, states, words, limits: limitsOf(options), tell, sessions });
    };
    await using target = await targets.take(JSON.stringify([folder, run]), open);
    const trouble = await body({ ...target.it.work, states, takesOver: true });
    if (trouble === undefined) target.keep();
    return trouble;
  };
}
