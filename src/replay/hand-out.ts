import { IncompleteError } from '../errors.js';
import type { Database } from '../postgres/connection.js';
import type { SourceSlice } from '../sources/source.js';
import { askOf } from '../work/tables.js';
import type { Watched } from '../work/watch.js';
import { changedSlices, failSlice, noteTroubles, plannedSlices, renewFailed, type SliceProgress } from './slices.js';
import { REPLAY } from './trade.js';

/** A replay whose slices go to workers, and how they stand. */
export interface WatchedReplay extends Watched {
  readonly slices: readonly SourceSlice[];
  /** As of the last look, by number of the slice. */
  readonly progress: ReadonlyMap<number, SliceProgress>;
}

interface Circumstances {
  readonly run: string;
  readonly database: Database;
  readonly signal: AbortSignal;
  readonly tell: (note: string) => void;
  /** Told after every look. */
  readonly onLook: (progress: ReadonlyMap<number, SliceProgress>) => void;
}

/** Opens a replay that has been begun, to be handed out and watched. */
export async function openWatched({ run, database, signal, tell, onLook }: Circumstances): Promise<WatchedReplay> {
  const ask = askOf(database, signal);
  const slices = await plannedSlices(ask, run);
  const progress = new Map<number, SliceProgress>();
  let since: string | undefined;
  const refresh = async () => {
    const { now, slices: changed } = await changedSlices(ask, run, since);
    since = now;
    for (const slice of changed) {
      tellOf(slice, progress.get(slice.slice), { nameOf, tell });
      progress.set(slice.slice, slice);
    }
  };
  const nameOf = (item: number) => nameOfSlice(item, slices[item]);
  const isSettled = (item: number) => ['done', 'failed'].includes(progress.get(item)?.state ?? 'planned');
  await refresh();
  return {
    kind: REPLAY,
    called: 'slice',
    run,
    slices,
    progress,
    // What is done needs no job: its job may be long gone.
    items: [...slices.keys()].filter((item) => progress.get(item)?.state !== 'done'),
    attemptOf: (item) => progress.get(item)?.failures ?? 0,
    async renew() {
      await renewFailed(ask, run);
      for (const { slice, state } of progress.values()) if (state === 'failed') await noteTroubles(ask, run, slice, 0);
      await refresh();
    },
    refresh,
    isSettled,
    nameOf,
    async fail(item, failure) {
      await failSlice(ask, run, item, failure);
      await refresh();
      if (isSettled(item)) return;
      throw new IncompleteError(`another process has brought run ${run} to its end`, {
        code: 'run_watched',
        hint: 'look there for its report, or run the same command again',
      });
    },
    onLook: () => onLook(progress),
  };
}

interface Telling {
  readonly nameOf: (item: number) => string;
  readonly tell: (note: string) => void;
}

/** Says what somebody who watches should know. */
function tellOf(now: SliceProgress, before: SliceProgress | undefined, { nameOf, tell }: Telling): void {
  if (now.waiting !== undefined && now.waiting !== before?.waiting)
    tell(`${nameOf(now.slice)} was given back: ${now.waiting}`);
  if (now.state === 'failed' && before !== undefined && before.state !== 'failed')
    tell(`${nameOf(now.slice)} failed: ${now.error?.message}`);
}

/** `slice 3 (dump.ndjson)`, `slice 4 (a.ndjson and 12 more)`. */
function nameOfSlice(item: number, slice: SourceSlice | undefined): string {
  const [first, ...others] = slice?.parts ?? [];
  const more = others.length === 0 ? '' : ` and ${others.length.toLocaleString('en')} more`;
  return `slice ${item}${first === undefined ? '' : ` (${first.label}${more})`}`;
}
