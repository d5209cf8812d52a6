import { IncompleteError, RespoolError, SinkUnavailableError } from '../errors.js';
import { pause } from '../pause.js';
import { reasonOf } from '../postgres/retry.js';
import { kindOf } from '../postgres/sql-error.js';
import { BEAT_EVERY_MS } from './desk.js';
import type { TakenJob } from './jobs.js';
import { AGAIN, type Hands, reclaim } from './reclaim.js';
import { TakenOverError } from './taken-over.js';
import { type Item, tradeOf } from './trade.js';

/** What one worker needs. */
export interface Labour extends Hands {
  readonly name: string;
  /** Ends when there has been no job for so long; undefined never. */
  readonly idleExitMs: number | undefined;
  readonly finish: AbortSignal;
  /** Gives up what is only kept for the next job. */
  readonly onIdle: () => Promise<void>;
}

/** Between two looks for a job. */
const LOOK_EVERY_MS = 200;
/** After trouble, and between two beats of who has nothing to do. */
const REST_MS = 1_000;

/** Takes jobs until it is told to stop. A database of the queue that is down for a while is waited for. */
export async function labour(options: Labour): Promise<void> {
  const { finish, tell } = options;
  const idle = { sinceMs: Date.now(), beatMs: 0 };
  let trouble: string | undefined;
  while (!finish.aborted) {
    try {
      if ((await doNext(options, idle)) === 'enough') return;
      trouble = undefined;
    } catch (error) {
      if (kindOf(error) !== 'wait') throw error;
      if (reasonOf(error) !== trouble) tell(`the queue cannot be asked: ${reasonOf(error)}`);
      trouble = reasonOf(error);
      await pause(REST_MS, finish).catch(() => undefined);
    }
  }
}

/** When a worker has had nothing to do for the first time since its last job, and when it said so last. */
interface Idle {
  sinceMs: number;
  beatMs: number;
}

async function doNext(options: Labour, idle: Idle): Promise<'enough' | undefined> {
  const { jobs, desk, finish, idleExitMs, onIdle } = options;
  const job = await jobs.take();
  if (job !== undefined) {
    await doJob(options, job);
    idle.sinceMs = Date.now();
    idle.beatMs = 0;
    return undefined;
  }
  await onIdle();
  if (idleExitMs !== undefined && Date.now() - idle.sinceMs > idleExitMs && (await jobs.left()) === 0) return 'enough';
  if (Date.now() - idle.beatMs >= REST_MS) {
    await desk.beat(options.name, undefined);
    idle.beatMs = Date.now();
  }
  await pause(LOOK_EVERY_MS, finish).catch(() => undefined);
  return undefined;
}

/** Looks for what the dead have left, every few seconds, whatever else this process does. */
export function watchTheDead(hands: Hands, signal: AbortSignal): Disposable {
  let isLooking = false;
  const look = async () => {
    if (isLooking || signal.aborted) return;
    isLooking = true;
    // A server that is down for a while is asked again; whoever takes jobs says so.
    await reclaim(hands).catch(() => undefined);
    isLooking = false;
  };
  void look();
  const timer = setInterval(() => void look(), BEAT_EVERY_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function doJob(labourer: Labour, job: TakenJob): Promise<void> {
  const { name, desk, jobs, finish } = labourer;
  let passed = () => 0;
  const beat = async () => {
    await desk.beat(name, { job: job.id, run: job.run, passed: passed() }).catch(() => undefined);
    await jobs.hold(job.id).catch(() => undefined);
  };
  await beat();
  const timer = setInterval(() => void beat(), BEAT_EVERY_MS);
  const onPassed = (ask: () => number) => {
    passed = ask;
  };
  let item: Item | undefined;
  try {
    item = await tradeOf(labourer.trades, job)?.open(job);
    await tryItem(labourer, { job, item, onPassed });
  } catch (error) {
    await putDown(labourer, { job, item, error });
    await pause(REST_MS, finish).catch(() => undefined);
  } finally {
    // The next beat says what is in hand now, or that nothing is.
    clearInterval(timer);
  }
}

interface Try {
  readonly job: TakenJob;
  readonly item: Item | undefined;
  readonly onPassed: (passed: () => number) => void;
}

async function tryItem({ jobs, finish, tell }: Labour, { job, item, onPassed }: Try): Promise<void> {
  if (item === undefined) throw new Error(`this version of respool cannot do ${job.kind}`);
  tell(item.name);
  const trouble = item.isDone ? undefined : await item.work(onPassed);
  if (trouble === undefined && !finish.aborted) return jobs.finish(job.id);
  await jobs.giveBack(job.id, trouble?.message ?? 'the worker was stopped');
  if (trouble === undefined) return;
  tell(`given back: ${trouble.message}`);
  await pause(REST_MS, finish).catch(() => undefined);
}

/** So often work on an item may fail before it is written down as failed, so that nobody waits for it for ever. */
const MOST_TROUBLES = 5;

interface Trouble {
  readonly job: TakenJob;
  readonly item: Item | undefined;
  readonly error: unknown;
}

/** What fails outside of the item's own way: the run cannot be opened here, or something nobody thought of. */
async function putDown({ jobs, tell }: Labour, { job, item, error }: Trouble): Promise<void> {
  const { message } = error instanceof Error ? error : { message: String(error) };
  // Its job is the other worker's too by now.
  if (error instanceof TakenOverError) return tell(message);
  const troubles = (item?.troubles ?? 0) + 1;
  const isPassing = passes(error);
  if (item === undefined || isPassing || troubles < MOST_TROUBLES) {
    if (!isPassing) await item?.noteTroubles(troubles);
    tell(`given back: ${message}`);
    return jobs.giveBack(job.id, message);
  }
  await item.fail({ code: error instanceof RespoolError ? error.code : 'worker_failed', message, hint: AGAIN });
  tell(`given up after ${troubles} attempts: ${message}`);
  await jobs.finish(job.id);
}

/** Whether it is over once a server is back: that says nothing about the item. */
function passes(error: unknown): boolean {
  if (error instanceof SinkUnavailableError) return error.cure === 'wait';
  return error instanceof IncompleteError || kindOf(error) === 'wait';
}
