import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { openDesk } from '../backfill/queue/desk.js';
import { openJobs } from '../backfill/queue/jobs.js';
import { labour } from '../backfill/queue/worker.js';
import { UsageError } from '../errors.js';
import { parseAddress } from '../postgres/address.js';
import { connect } from '../postgres/server.js';
import { loadRun, withTarget } from './backfill-later.js';
import type { Invocation } from './command.js';
import { limitsOf } from './gentle-options.js';
import type { WorkerOptions } from './worker.js';

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
      hint: 'write --queue postgres://user@host:5432/database, the same as that of respool backfill',
    });
  }
  const tell = (note: string) => {
    if (!options.quiet) io.stderr.write(`${note}\n`);
  };
  const address = parseAddress(queue, io.env);
  await using database = await connect(address, 2 + options.jobs, stop.now);
  await using jobs = await openJobs(address, database, stop.now);
  const desk = await openDesk(database, stop.now);
  const name = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`;
  tell(`worker ${name} waits for work`);
  const hands = Array.from({ length: options.jobs }, (_, hand) =>
    labour({
      name: `${name}-${hand}`,
      jobs,
      desk,
      idleExitMs: options.idleExit,
      finish: stop.finish,
      tell,
      withWork: async (job, states, body) => {
        const known = await loadRun(job.folder, job.run);
        const words = options.to.length > 0 ? options.to : known.record.sinks;
        const one = { ...call, options: { ...options, jobs: 1 } };
        await withTarget(one, { known, states, words, limits: limitsOf(options), tell }, ({ work }) => body(work));
      },
    }).finally(() => desk.leave(`${name}-${hand}`)),
  );
  await Promise.all(hands);
  return stop.exitCode ?? 0;
}
