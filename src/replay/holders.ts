import type { Ask } from '../work/tables.js';
import { TakenOverError } from '../work/taken-over.js';
import type { TakenSlice } from './slices.js';

/**
 * Writes down how the sessions of whoever has a slice are called in its sinks. Resolves to the name that the one before has left
 * who did not put the slice down; undefined when there is none.
 * @throws TakenOverError when another worker has the slice by now.
 */
export async function nameHolder(ask: Ask, taken: TakenSlice, sessions: string): Promise<string | undefined> {
  const { run, slice, epoch } = taken;
  const [row] = await ask(NAME, [run, String(slice), String(epoch), sessions]);
  if (row === undefined) throw new TakenOverError(`run ${run}: slice ${slice}`);
  return typeof row.before === 'string' && row.before !== sessions ? row.before : undefined;
}

/** $1 run, $2 slice, $3 epoch, $4 name. */
const NAME = `
  with mine as (
    select run, slice from respool.replay_slices where run = $1 and slice = $2::int and epoch = $3::int for share),
  before as (
    select sessions from respool.replay_holders where run = $1 and slice = $2::int)
  insert into respool.replay_holders (run, slice, sessions) select run, slice, $4 from mine
  on conflict (run, slice) do update set sessions = excluded.sessions
  returning (select sessions from before) as before`;
