import { type EventBatch, idOf, layersAt, nameOf, textOf } from '../event/batch.js';
import type { Rejection, Verdict } from '../sinks/sink.js';
import { eachRun } from '../sinks/verdict-runs.js';
import type { ProblemAccount } from './accounts.js';
import type { PreparedItem } from './prepare/in-order.js';
import type { HeldRecord, RepairRecord } from './prepare/spec.js';
import type { Quarantined } from './quarantine.js';
import { isSameFailure } from './signature.js';

/** A batch that has come back from its sinks. */
export interface Returned {
  readonly item: PreparedItem;
  /** Number of the batch's first line in its part, from 1. */
  readonly firstLine: number;
  /** By label of the sink; undefined for a sink that was not sent the events. */
  readonly verdicts: ReadonlyMap<string, readonly Verdict[] | undefined>;
}

/** Everything of a batch that was not delivered, sink by sink, with its reason. */
export function quarantineEntries({ item, firstLine, verdicts }: Returned): Quarantined[] {
  const { raw, prepared } = item;
  const where = { firstLine, from: raw.from };
  const unread: HeldRecord[] = raw.undecodable.map(({ code, message, offset, line, raw: bytes }) => ({
    kind: 'undecodable',
    line,
    offset,
    problems: [{ code, message }],
    attempts: 0,
    raw: bytes ?? new Uint8Array(0),
  }));
  const entries = [...unread, ...prepared.held].map((held) => fromHeld(held, where));
  const repairs = repairsByEvent(prepared.repairs);
  for (const [sink, each] of verdicts) {
    if (each !== undefined) entries.push(...refusedEntries(prepared.events, sink, each, repairs));
  }
  return entries;
}

/** The events that a sink refused, or whose answer was lost, with its reasons. */
export function refusedEntries(
  events: EventBatch,
  sink: string,
  verdicts: readonly Verdict[],
  repairs: ReadonlyMap<number, RepairRecord> = new Map(),
): Quarantined[] {
  const entries: Quarantined[] = [];
  eachRun(verdicts, (verdict, from, to) => {
    if (verdict.kind !== 'rejected' && verdict.kind !== 'unknown') return;
    for (let index = from; index < to; index++) {
      entries.push({
        ...fromVerdict(events, index, { sink, verdict }),
        ...asItCame(events, index, repairs.get(index)),
      });
    }
  });
  return entries;
}

/** The repair that each event of the batch came of. */
function repairsByEvent(repairs: readonly RepairRecord[]): ReadonlyMap<number, RepairRecord> {
  return new Map(repairs.flatMap((repair) => repair.events.map((event) => [event, repair] as const)));
}

/** What is kept of a repaired event is what came in; a part of one stands for itself. */
function asItCame(events: EventBatch, index: number, repair: RepairRecord | undefined): Partial<Quarantined> {
  if (repair === undefined) return {};
  if (repair.results.length > 1) return { original: repair.original };
  return { raw: repair.original, repaired: textOf(events, index) };
}

/** How many entries failed for what they had died of before. */
export function countRepeated(entries: readonly Quarantined[]): number {
  return entries.filter(({ problems, layers = [] }) => {
    const [{ code, message, pointer } = { code: 'unknown', message: '' }] = problems;
    const before = layers.findLast(({ error }) => error !== undefined)?.error;
    return isSameFailure(before, { class: code, message, pointer });
  }).length;
}

/** One entry as a kind of problem, for the counts. */
export function problemOf({ kind, sink, problems, line }: Quarantined, part: string): ProblemAccount {
  const [{ code, message, pointer } = { code: 'unknown', message: '', pointer: '' }] = problems;
  return { stage: sink ?? kind, code, pointer: pointer ?? '', message, events: 1, example: `${part}:${line}` };
}

function fromHeld(held: HeldRecord, where: { readonly firstLine: number; readonly from: number }): Quarantined {
  return {
    ...held,
    line: where.firstLine + held.line,
    offset: where.from + held.offset,
    attempts: held.attempts + 1,
  };
}

interface Refusal {
  readonly sink: string;
  readonly verdict: Rejection | (Verdict & { readonly kind: 'unknown' });
}

function fromVerdict(events: EventBatch, index: number, { sink, verdict }: Refusal): Quarantined {
  return {
    kind: verdict.kind,
    sink,
    line: events.lines[index] ?? 0,
    offset: events.offsets[index] ?? 0,
    id: idOf(events, index),
    name: nameOf(events, index),
    timeUs: events.timesUs[index],
    timeRest: events.timeRests?.[index],
    problems: [problemIn(verdict)],
    attempts: (events.attempts?.[index] ?? 0) + 1,
    layers: layersAt(events, index),
    raw: textOf(events, index),
  };
}

function problemIn(verdict: Refusal['verdict']) {
  if (verdict.kind === 'unknown') return { code: 'unknown', message: verdict.reason };
  const { code, reason: message, pointer } = verdict;
  return { code, message, ...(pointer !== undefined && { pointer }) };
}
