import type { Intent } from '../flow/state/intents.js';
import type { RunPosition } from '../flow/state/run-record.js';
import type { SourceSlice } from '../sources/source.js';
import type { Ask } from '../work/tables.js';
import type { Failure } from '../work/trade.js';

/** Where a slice stands. */
export type SliceState = 'planned' | 'working' | 'done' | 'failed';

/** A slice as whoever watches sees it. */
export interface SliceProgress {
  readonly slice: number;
  readonly state: SliceState;
  readonly position: RunPosition | undefined;
  /** How often it has failed. */
  readonly failures: number;
  readonly error: Failure | undefined;
  /** Why the last worker gave it back. */
  readonly waiting: string | undefined;
  /** What its sinks have found out, in sentences. */
  readonly warnings: readonly string[];
}

/** A slice that this process has taken: with its epoch it can write, until another process takes it over. */
export interface TakenSlice {
  readonly run: string;
  readonly slice: number;
  readonly epoch: number;
  readonly what: SourceSlice;
  readonly position: RunPosition | undefined;
  /** Deliveries whose outcome the worker before did not live to see. */
  readonly intents: readonly Intent[];
}

/** How a slice stands before work on it begins; undefined when there is none. */
export async function standingOf(ask: Ask, run: string, slice: number) {
  const [row] = await ask(
    'select state, troubles, failures from respool.replay_slices where run = $1 and slice = $2::int',
    [run, String(slice)],
  );
  if (row === undefined) return undefined;
  const { state, troubles, failures } = row;
  return { state: state as SliceState, troubles: Number(troubles), failures: Number(failures) }; // only this module writes the table
}

/**
 * Takes a slice, also from a worker that has gone silent: what that one writes from now on is refused. Undefined when
 * nothing is left to do.
 */
export async function takeSlice(ask: Ask, run: string, slice: number): Promise<TakenSlice | undefined> {
  const place = [run, String(slice)];
  const [row] = await ask(
    `update respool.replay_slices set epoch = epoch + 1, state = 'working', error = null, waiting = null, touched = now()
     where run = $1 and slice = $2::int and state <> 'done' returning epoch, what, position`,
    place,
  );
  if (row === undefined) return undefined;
  const left = await ask(
    'select intent from respool.replay_intents where run = $1 and slice = $2::int order by seq',
    place,
  );
  return {
    ...{ run, slice, epoch: Number(row.epoch) },
    what: row.what as SourceSlice, // only this module and the orders write the tables
    position: (row.position ?? undefined) as RunPosition | undefined,
    intents: left.map(({ intent }) => intent as Intent),
  };
}

/** Whether whoever took a slice still has it. */
export async function holdsSlice(ask: Ask, { run, slice, epoch }: TakenSlice): Promise<boolean> {
  const rows = await ask('select 1 from respool.replay_slices where run = $1 and slice = $2::int and epoch = $3::int', [
    run,
    String(slice),
    String(epoch),
  ]);
  return rows.length > 0;
}

/** Writes down how a slice stands. @returns false when it is in other hands by now. */
export async function noteSlice(
  ask: Ask,
  { run, slice, epoch }: Pick<TakenSlice, 'run' | 'slice' | 'epoch'>,
  { state, waiting = '', warnings }: Note,
): Promise<boolean> {
  const rows = await ask(
    `with mine as (
       update respool.replay_slices set state = $4, waiting = nullif($5, ''), warnings = $6::json, touched = now()
       where run = $1 and slice = $2::int and epoch = $3::int returning run, slice),
     gone as (
       delete from respool.replay_holders as h using mine where h.run = mine.run and h.slice = mine.slice)
     select 1 from mine`,
    [run, String(slice), String(epoch), state, waiting, JSON.stringify(warnings)],
  );
  return rows.length > 0;
}

interface Note {
  readonly state: SliceState;
  /** Why it was given back. */
  readonly waiting: string | undefined;
  readonly warnings: readonly string[];
}

/** Writes down how often work on a slice has failed outside of its own way. */
export async function noteTroubles(ask: Ask, run: string, slice: number, troubles: number): Promise<void> {
  await ask('update respool.replay_slices set troubles = $3::int where run = $1 and slice = $2::int', [
    ...[run, String(slice), String(troubles)],
  ]);
}

/** Writes down that a slice has failed, whoever had it. */
export async function failSlice(ask: Ask, run: string, slice: number, failure: Failure): Promise<void> {
  await ask(
    `update respool.replay_slices set state = 'failed', error = $3::json, troubles = 0, failures = failures + 1,
       epoch = epoch + 1, touched = now() where run = $1 and slice = $2::int and state <> 'done'`,
    [run, String(slice), JSON.stringify(failure)],
  );
}

/** Slices that have failed are to be done again. */
export async function renewFailed(ask: Ask, run: string): Promise<void> {
  await ask(`update respool.replay_slices set state = 'planned', touched = now() where run = $1 and state = 'failed'`, [
    run,
  ]);
}

const PROGRESS = 'slice, state, position, failures, error, waiting, warnings';
/** What is written in this time may become visible later than what is written after it. */
const OVERLAP = '1 minute';

/** Slices that have changed lately, by the clock of the database; all of them when `since` is undefined. */
export async function changedSlices(ask: Ask, run: string, since: string | undefined) {
  const [clock] = await ask('select now()::text as now');
  const rows = await ask(
    `select ${PROGRESS} from respool.replay_slices
     where run = $1 and ($2 = '' or touched > nullif($2, '')::timestamptz - interval '${OVERLAP}') order by slice`,
    [run, since ?? ''],
  );
  return { now: String(clock?.now), slices: rows.map(progressOf) };
}

/** What the slices of a run are, without how they stand. */
export async function plannedSlices(ask: Ask, run: string): Promise<readonly SourceSlice[]> {
  const rows = await ask('select what from respool.replay_slices where run = $1 order by slice', [run]);
  return rows.map(({ what }) => what as SourceSlice); // only the orders write it
}

function progressOf(row: Readonly<Record<string, unknown>>): SliceProgress {
  return {
    slice: Number(row.slice),
    state: row.state as SliceState, // only this module writes the table
    position: (row.position ?? undefined) as RunPosition | undefined,
    failures: Number(row.failures),
    error: (row.error ?? undefined) as Failure | undefined,
    waiting: typeof row.waiting === 'string' ? row.waiting : undefined,
    warnings: (row.warnings ?? []) as readonly string[],
  };
}
