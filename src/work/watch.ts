import { pause } from '../pause.js';
import { reasonOf } from '../postgres/retry.js';
import { kindOf } from '../postgres/sql-error.js';
import type { Job } from './jobs.js';
import { AGAIN, type Hands, reclaim } from './reclaim.js';
import type { Failure } from './trade.js';

/** A run whose items are in the hands of workers. */
export interface Watched extends Pick<Job, 'kind' | 'run' | 'folder'> {
  /** What is to be brought to its end, the first first. */
  readonly items: readonly number[];
  /** What one item is called: `partition`. */
  readonly called: string;
  /** How often an item has failed: what has failed is another job the next time. */
  attemptOf(item: number): number;
  /** Before items are handed out: those that have failed are to be done again. */
  renew(): Promise<void>;
  /** Reads what workers have written since the last time. */
  refresh(): Promise<void>;
  /** Whether an item is at its end, well or not. */
  isSettled(item: number): boolean;
  nameOf(item: number): string;
  fail(item: number, failure: Failure): Promise<void>;
  /** Told after every look: how many events workers have passed on of what they have in hand. */
  onLook(passed: number): void;
}

const LOOK_EVERY_MS = 200;
/** At every so many looks workers are counted, and what the dead have left is set right; at the others only results are read. */
const COUNT_EVERY = 5;
/** Looks between two searches for lost jobs. */
const LOST_EVERY = 25;
/** Counts without a worker before that is said. */
const LONELY = 3;

/** Puts the items of a run into the queue. */
export async function handOut({ jobs }: Pick<Hands, 'jobs'>, watched: Watched): Promise<void> {
  const { kind, run, folder, items } = watched;
  await watched.renew();
  const shared = { kind, run, ...(folder !== undefined && { folder }) };
  await jobs.put(items.map((item) => ({ job: { ...shared, item }, attempt: watched.attemptOf(item) })));
}

/** Watches until workers have settled all items, or the user has seen enough. A database of the queue that is down for a while is waited for. */
export async function watch(hands: Hands, watched: Watched, finish: AbortSignal): Promise<void> {
  const { tell } = hands;
  const { items, called } = watched;
  tell(`${items.length.toLocaleString('en')} ${called}${items.length === 1 ? ' is' : 's are'} in the queue`);
  const look = createLook(hands, watched);
  let trouble: string | undefined;
  while (!finish.aborted) {
    try {
      if (await look()) return;
      if (trouble !== undefined) tell('the queue answers again');
      trouble = undefined;
    } catch (error) {
      if (kindOf(error) !== 'wait') throw error;
      if (trouble === undefined) tell(`the queue cannot be asked: ${reasonOf(error)}`);
      trouble = reasonOf(error);
    }
    await pause(LOOK_EVERY_MS, finish).catch(() => undefined);
  }
}

/** Looks at what workers have done, and sets right what the dead have left. Each look resolves to whether all items are settled. */
function createLook(hands: Hands, watched: Watched): () => Promise<boolean> {
  const { desk, tell } = hands;
  let lonely = 0;
  let looks = 0;
  return async () => {
    const isFirst = looks === 0;
    const counts = looks % COUNT_EVERY === 0;
    const searches = looks % LOST_EVERY === 0;
    looks++;
    await watched.refresh();
    const { alive, passed } = counts ? await desk.look(watched.run) : {};
    if (passed !== undefined && !isFirst) watched.onLook(passed);
    if (watched.items.every((item) => watched.isSettled(item))) return true;
    if (isFirst || alive === undefined) return false;
    await reclaim(hands);
    if (searches) await failLost(hands, watched);
    lonely = alive === 0 ? lonely + 1 : 0;
    if (lonely === LONELY) tell('no worker is there: start some with respool worker --queue');
    return false;
  };
}

/** An item without a result whose job is gone, however that came: nobody will ever bring it to its end. */
async function failLost({ jobs, tell }: Hands, watched: Watched): Promise<void> {
  const open = await jobs.openOf(watched.run);
  await watched.refresh();
  for (const item of watched.items) {
    if (open.has(item) || watched.isSettled(item)) continue;
    tell(`${watched.nameOf(item)}: its job is gone from the queue`);
    const message = 'its job is gone from the queue without a result';
    await watched.fail(item, { code: 'job_lost', message, hint: AGAIN });
  }
}
