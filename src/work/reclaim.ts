import type { Desk } from './desk.js';
import type { Job, Jobs } from './jobs.js';
import { type Trade, tradeOf } from './trade.js';

/** What it takes to set right what the dead have left. */
export interface Hands {
  readonly jobs: Jobs;
  readonly desk: Desk;
  readonly trades: readonly Trade[];
  readonly tell: (note: string) => void;
}

/** Gives the jobs of dead workers back to the queue, and writes down what nobody could do. */
export async function reclaim({ jobs, desk, trades, tell }: Hands): Promise<void> {
  for (const job of await jobs.takeDead()) await bury({ trades, tell }, job);
  const { stopped, isSure } = await desk.look();
  if (!isSure) return;
  for (const job of [...stopped, ...(await jobs.abandoned())]) {
    if (await desk.isHeld(job)) continue;
    tell('a worker is dead: what it had in hand goes to another one');
    await jobs.giveBack(job, 'its worker died');
    await desk.forget(job);
  }
}

/** A job that nobody could do within all its tries: its item has failed. */
async function bury({ trades, tell }: Pick<Hands, 'trades' | 'tell'>, job: Job): Promise<void> {
  const item = await tradeOf(trades, job)?.open(job);
  if (item === undefined || item.isDone) return;
  tell(`${item.name} was given back too often`);
  const message = 'its job went to the dead letters: it was given back too often';
  await item.fail({ code: 'dead_letter', message, hint: AGAIN });
}

/** What a user does about an item that nobody could bring to its end. */
export const AGAIN = 'see what the workers said, mend it, then the same respool command again';
