import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { IncompleteError } from '../../errors.js';
import { stateError, writeDurably } from '../../flow/state/durable.js';

/** A run of which only the database of the queue knows what has become of it. */
interface HandedOut {
  readonly formatVersion: 1;
  /** Where the queue is, without secrets. */
  readonly queue: string;
}

/** Notes in the folder of a run that workers have it: until that is taken back, the states there are not the last word. */
export async function noteHandedOut(folder: string, queue: string): Promise<void> {
  await writeDurably(pathOf(folder), JSON.stringify({ formatVersion: 1, queue } satisfies HandedOut));
}

/** All that workers have done stands in the folder, and none of them has anything of the run left. */
export async function takeBack(folder: string): Promise<void> {
  await rm(pathOf(folder), { force: true });
}

/**
 * Makes sure that nobody else works on a run, or that those do who take their work from this queue.
 * @throws IncompleteError `run_handed_out`.
 */
export async function requireOwn(folder: string, run: string, queue?: string): Promise<void> {
  const handedOut = await read(pathOf(folder));
  if (handedOut === undefined || handedOut.queue === queue) return;
  throw new IncompleteError(
    `run ${run} is in the hands of workers: only ${handedOut.queue} knows what they have done`,
    {
      code: 'run_handed_out',
      hint: 'let the same respool backfill command with --queue of that database come to its end first, or give the run up with --fresh --queue',
    },
  );
}

/** Whether workers have a run: then the states in its folder are older than theirs. */
export async function isHandedOut(folder: string): Promise<boolean> {
  return (await read(pathOf(folder))) !== undefined;
}

async function read(path: string): Promise<HandedOut | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as HandedOut; // only this module writes it
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw stateError(error, path);
  }
}

function pathOf(folder: string): string {
  return join(folder, 'handed-out.json');
}
