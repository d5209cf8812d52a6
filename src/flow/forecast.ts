import { type EventBatch, nameOf } from '../event/batch.js';
import type { Sink, Verdict } from '../sinks/sink.js';
import type { PartFailure, Source } from '../sources/source.js';
import { type Accounts, accountsOf, addAccounts, emptyAccounts } from './accounts.js';
import { createLineNumbers } from './line-numbers.js';
import { type PreparedItem, prepareInOrder } from './prepare/in-order.js';
import type { PreparePool } from './prepare/pool.js';
import type { RepairRecord } from './prepare/spec.js';
import { countRepeated, problemOf, quarantineEntries } from './quarantine-entries.js';
import { untilStopped } from './until-stopped.js';

/** What a run would do with a source, found out by reading it and touching nothing. */
export interface Forecast {
  /** As after a run in which every sink takes whatever its encoder lets through; verdicts of the sinks are unsent. */
  readonly accounts: Accounts;
  readonly names: ReadonlyMap<string, number>;
  /** Events by UTC day, `2019-07-01`. */
  readonly days: ReadonlyMap<string, number>;
  /** Events by part of the source, in its order. */
  readonly parts: readonly number[];
  /** Format of each part that was read. */
  readonly formats: ReadonlyMap<number, string>;
  readonly failures: readonly PartFailure[];
  /** What each rule would do, with the first events of it. */
  readonly repairs: ReadonlyMap<string, RuleForecast>;
}

/** What one rule would do. */
interface RuleForecast {
  readonly events: number;
  readonly examples: readonly { readonly at: string; readonly repair: RepairRecord }[];
}

const MOST_EXAMPLES = 3;

interface Reading {
  readonly source: Source;
  readonly sinks: readonly Sink[];
  readonly pool: PreparePool;
  readonly limit?: number | undefined;
  readonly signal: AbortSignal;
}

const DAY_US = 86_400_000_000;

/** Reads the whole source, up to `limit` events, and adds up what would become of it. */
export async function forecast({ source, sinks, pool, limit, signal }: Reading): Promise<Forecast> {
  let accounts = emptyAccounts(sinks.map(({ label }) => label));
  const names = new Map<string, number>();
  const days = new Map<number, number>();
  const parts = source.parts.map(() => 0);
  const formats = new Map<number, string>();
  const failures: PartFailure[] = [];
  const repairs = new Map<string, RuleForecast>();
  const numberLines = createLineNumbers([]);
  let taken = 0;
  const room = () => (limit === undefined ? undefined : limit - taken);
  const batches = untilStopped(source.batches([], signal), signal);
  for await (const item of prepareInOrder({ batches, pool, room })) {
    if (item.kind === 'failure') {
      failures.push(item);
      continue;
    }
    const { events, held } = item.prepared;
    const firstLine = numberLines(item);
    accounts = addAccounts(accounts, accountsOfItem(item, { source, sinks, firstLine }));
    tallyRepairs(item.prepared.repairs, { part: source.parts[item.raw.part]?.label ?? '', firstLine }, repairs);
    tallyNames(events, names);
    tallyDays(events, days);
    parts[item.raw.part] = (parts[item.raw.part] ?? 0) + item.prepared.read;
    formats.set(item.raw.part, item.raw.format.kind);
    taken += events.count + held.length;
    if (signal.aborted || (limit !== undefined && taken >= limit)) break;
  }
  return { accounts, names, days: dayNames(days), parts, formats, failures, repairs };
}

interface Place {
  readonly source: Source;
  readonly sinks: readonly Sink[];
  readonly firstLine: number;
}

function accountsOfItem(item: PreparedItem, { source, sinks, firstLine }: Place): Accounts {
  const { events, encoded, refused } = item.prepared;
  const verdicts = new Map<string, readonly Verdict[]>();
  for (const [at, sink] of sinks.entries()) {
    const refusals = refused[at] ?? [];
    const foreseen = sink.preview?.({ events, encoded: encoded[at]?.data, refused: refusals }) ?? [];
    const each = new Array<Verdict>(events.count).fill({ kind: 'accepted' });
    for (const { index, verdict } of [...foreseen, ...refusals]) each[index] = verdict;
    verdicts.set(sink.label, each);
  }
  const entries = quarantineEntries({ item, firstLine, verdicts });
  const part = source.parts[item.raw.part]?.label ?? '';
  return accountsOf(item, verdicts, {
    quarantined: entries.length,
    repeated: countRepeated(entries),
    problems: entries.map((entry) => problemOf(entry, part)),
  });
}

function tallyRepairs(
  records: readonly RepairRecord[],
  { part, firstLine }: { readonly part: string; readonly firstLine: number },
  repairs: Map<string, RuleForecast>,
): void {
  for (const repair of records) {
    for (const rule of repair.rules) {
      const { events, examples } = repairs.get(rule) ?? { events: 0, examples: [] };
      const more = examples.length < MOST_EXAMPLES ? [{ at: `${part}:${firstLine + repair.line}`, repair }] : [];
      repairs.set(rule, { events: events + 1, examples: [...examples, ...more] });
    }
  }
}

function tallyNames(events: EventBatch, names: Map<string, number>): void {
  for (let i = 0; i < events.count; i++) {
    const name = nameOf(events, i);
    names.set(name, (names.get(name) ?? 0) + 1);
  }
}

function tallyDays({ timesUs, count }: EventBatch, days: Map<number, number>): void {
  for (let i = 0; i < count; i++) {
    const day = Math.floor((timesUs[i] ?? Number.NaN) / DAY_US);
    if (!Number.isNaN(day)) days.set(day, (days.get(day) ?? 0) + 1);
  }
}

function dayNames(days: ReadonlyMap<number, number>): ReadonlyMap<string, number> {
  const sorted = [...days].toSorted(([a], [b]) => a - b);
  return new Map(sorted.map(([day, events]) => [new Date(day * 86_400_000).toISOString().slice(0, 10), events]));
}
