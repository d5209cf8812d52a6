import { IncompleteError, RespoolError } from '../../errors.js';
import { pause } from '../../pause.js';
import { fillPartition } from '../carry-out.js';
import type { Work } from '../context.js';
import type { States } from '../states.js';
import { BEAT_EVERY_MS, type Desk } from './desk.js';
import type { Jobs, TakenJob } from './jobs.js';

/** What one worker needs. */
export interface Labour {
  readonly name: string;
  readonly jobs: Jobs;
  readonly desk: Desk;
  /** Opens the run of a job and its target, and works while both are open. */
  readonly withWork: (job: TakenJob, states: States, body: (work: Work) => Promise<void>) => Promise<void>;
  /** Ends when there has been no job for so long; undefined never. */
  readonly idleExitMs: number | undefined;
  readonly finish: AbortSignal;
  readonly tell: (note: string) => void;
}

const LOOK_EVERY_MS = 1_000;

/** Takes jobs until it is told to stop. Whoever dies with a job in hand is found out by the others. */
export async function labour(options: Labour): Promise<void> {
  const { jobs, desk, finish, tell } = options;
  let idleSince = Date.now();
  while (!finish.aborted) {
    await reclaim(options);
    const job = await jobs.take();
    if (job === undefined) {
      if (options.idleExitMs !== undefined && Date.now() - idleSince > options.idleExitMs && (await jobs.left()) === 0)
        return;
      await desk.beat(options.name, undefined);
      await pause(LOOK_EVERY_MS, finish).catch(() => undefined);
      continue;
    }
    tell(`run ${job.run}: partition ${job.partition}`);
    await doJob(options, job);
    idleSince = Date.now();
  }
}

async function doJob({ name, jobs, desk, withWork, finish, tell }: Labour, job: TakenJob): Promise<void> {
  let gate: Work['gate'] | undefined;
  const beat = () => desk.beat(name, { job: job.id, run: job.run, passed: gate?.passed ?? 0 }).catch(() => undefined);
  await beat();
  const timer = setInterval(() => void beat(), BEAT_EVERY_MS);
  try {
    const states = await desk.openStates(job.run);
    const { state } = states.of(job.partition);
    let trouble: Error | undefined;
    if (state !== 'done' && state !== 'undone') {
      await withWork(job, states, async (work) => {
        gate = work.gate;
        const partition = work.plan.partitions.find(({ index }) => index === job.partition);
        if (partition === undefined) throw new Error(`the plan of run ${job.run} has no partition ${job.partition}`);
        trouble = await fillPartition(work, partition);
      });
    }
    if (trouble !== undefined || finish.aborted)
      await jobs.giveBack(job.id, trouble?.message ?? 'the worker was stopped');
    else await jobs.finish(job.id);
    if (trouble !== undefined) tell(`given back: ${trouble.message}`);
    if (trouble instanceof IncompleteError) await pause(LOOK_EVERY_MS, finish).catch(() => undefined);
  } catch (error) {
    await putDown({ jobs, desk, tell }, job, error);
    await pause(LOOK_EVERY_MS, finish).catch(() => undefined);
  } finally {
    clearInterval(timer);
    await desk.beat(name, undefined).catch(() => undefined);
  }
}

/** So often a job may fail before its partition is written down as failed, so that nobody waits for it for ever. */
const MOST_TROUBLES = 5;

/** What fails outside the partition's own way: the run cannot be opened here, or something nobody thought of. */
async function putDown({ jobs, desk, tell }: Hands, job: TakenJob, error: unknown): Promise<void> {
  const { message } = error instanceof Error ? error : { message: String(error) };
  const states = await desk.openStates(job.run);
  const known = states.of(job.partition);
  const troubles = (known.troubles ?? 0) + 1;
  if (error instanceof IncompleteError || troubles < MOST_TROUBLES) {
    if (!(error instanceof IncompleteError)) await states.set(job.partition, { troubles });
    tell(`given back: ${message}`);
    return jobs.giveBack(job.id, message);
  }
  const told = error instanceof RespoolError ? { code: error.code, message } : { code: 'worker_failed', message };
  await failPartition(states, job.partition, told);
  tell(`given up after ${troubles} attempts: ${message}`);
  await jobs.finish(job.id);
}

type Hands = Pick<Labour, 'jobs' | 'desk' | 'tell'>;

/** Writes down that a partition failed outside of its own way. */
export async function failPartition(
  states: States,
  partition: number,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<void> {
  const hint = 'see what the workers said, mend it, then the same respool backfill command again';
  await states.set(partition, {
    state: 'failed',
    error: { code, message, hint },
    failures: (states.of(partition).failures ?? 0) + 1,
    troubles: 0,
    endedAt: new Date().toISOString(),
  });
}

/** Gives the jobs of dead workers back to the queue. */
export async function reclaim({ jobs, desk, tell }: Hands): Promise<void> {
  await buryDead({ jobs, desk, tell });
  const { stopped } = await desk.look();
  for (const job of stopped) {
    if (await desk.isHeld(job)) continue;
    tell('a worker is dead: its partition goes to another one');
    await jobs.giveBack(job, 'its worker died');
    await desk.forget(job);
  }
}

/** A job that nobody could do within all its tries: its partition has failed. */
async function buryDead({ jobs, desk, tell }: Hands): Promise<void> {
  for (const { run, partition } of await jobs.takeDead()) {
    const states = await desk.openStates(run);
    if (states.of(partition).state === 'done') continue;
    tell(`run ${run}: partition ${partition} was given back too often`);
    const message = 'its job went to the dead letters: it was given back too often';
    await failPartition(states, partition, { code: 'dead_letter', message });
  }
}
