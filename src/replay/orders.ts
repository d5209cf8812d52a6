import type { RunRecord } from '../flow/state/run-record.js';
import type { Database } from '../postgres/connection.js';
import type { SourceSlice } from '../sources/source.js';
import { type Ask, askOf, makeTables } from '../work/tables.js';

/** A replay that is handed out, without secrets. */
export interface ReplayOrder {
  /** What the run is about: its fields have been chosen once, by the command that hands it out. */
  readonly record: RunRecord;
  /** How events are read, prepared and delivered: options as the command was given them. */
  readonly work: unknown;
}

/** The replays that have been handed out, in the database of the queue. */
export interface Orders {
  /** The newest run with this key that has not been finished. */
  find(key: string): Promise<ReplayOrder | undefined>;
  /** Reads an order that is still to be carried out; undefined when it has been finished or given up. */
  read(run: string): Promise<ReplayOrder | undefined>;
  /** Begins a run with all its slices, or nothing of it. */
  begin(order: ReplayOrder, slices: readonly SourceSlice[]): Promise<void>;
  /** Ends a run: from here on no worker takes a slice of it, and nothing is left of it but that it was. */
  end(run: string, how: 'finished' | 'given up'): Promise<void>;
}

const SLICES_AT_ONCE = 1_000;

/** Opens the orders, and makes their tables where they are missing. */
export async function openOrders(database: Database, signal: AbortSignal): Promise<Orders> {
  await makeTables(database, TABLES, signal);
  const ask = askOf(database, signal);
  const one = async (condition: string, value: string) => {
    const [row] = await ask(
      `select record, work from respool.replay_runs where ${condition} and state = 'open' order by run desc limit 1`,
      [value],
    );
    return row as ReplayOrder | undefined; // only this module writes the table
  };
  return {
    find: (key) => one('key = $1', key),
    read: (run) => one('run = $1', run),
    async begin({ record, work }, slices) {
      await putSlices(ask, record.id, slices);
      // Slices without a run are none: what a crash leaves here nobody ever sees.
      await ask('insert into respool.replay_runs (run, key, record, work) values ($1, $2, $3::json, $4::json)', [
        ...[record.id, record.key, JSON.stringify(record), JSON.stringify(work)],
      ]);
    },
    async end(run, how) {
      await ask(END, [run, how]);
    },
  };
}

async function putSlices(ask: Ask, run: string, slices: readonly SourceSlice[]): Promise<void> {
  for (let at = 0; at < slices.length; at += SLICES_AT_ONCE) {
    const some = slices.slice(at, at + SLICES_AT_ONCE);
    await ask(
      `insert into respool.replay_slices (run, slice, what)
       select $1, $2::int + t.n::int - 1, t.what from json_array_elements($3::json) with ordinality as t(what, n)`,
      [run, String(at), JSON.stringify(some)],
    );
  }
}

const END = `
  with ended as (update respool.replay_runs set state = $2 where run = $1),
  a as (delete from respool.replay_lines where run = $1),
  b as (delete from respool.replay_intents where run = $1),
  c as (delete from respool.replay_holders where run = $1)
  delete from respool.replay_slices where run = $1`;

/** JSON is kept as text: the other type refuses a NUL in it, which events may hold. */
const TABLES = `
  create table if not exists respool.replay_runs (run text primary key, key text not null, record json not null, work json not null,
    state text not null default 'open', at timestamptz not null default now());
  create index if not exists replay_runs_key on respool.replay_runs (key);
  create table if not exists respool.replay_slices (run text not null, slice int not null, what json not null,
    state text not null default 'planned', epoch int not null default 0, position json, troubles int not null default 0,
    failures int not null default 0, error json, waiting text, warnings json, touched timestamptz not null default now(), primary key (run, slice));
  create index if not exists replay_slices_touched on respool.replay_slices (run, touched);
  create table if not exists respool.replay_intents (seq bigint generated always as identity primary key, run text not null,
    slice int not null, intent json not null);
  create index if not exists replay_intents_slice on respool.replay_intents (run, slice);
  create table if not exists respool.replay_lines (run text not null, slice int not null, kind text not null, start bigint not null,
    bytes bytea not null, primary key (run, slice, kind, start));
  create table if not exists respool.replay_holders (run text not null, slice int not null, sessions text not null, primary key (run, slice))`;
