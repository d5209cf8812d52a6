import type { EventBatch } from '../event/batch.js';
import type { BatchOutcome } from '../sources/source.js';
import type { Returned } from './quarantine-entries.js';

/** How good a line's lot is so far: the worst of its events decides. */
const TAKEN = 1;
const QUARANTINED = 2;
const LEFT = 3;

/**
 * What became of each line of a batch. A line of which nothing is known (nothing came of it, a part of it was left out
 * by the filter or the limit) is in neither list: it must not be acknowledged.
 */
export function lineOutcomes({ item, firstLine, verdicts }: Returned): BatchOutcome {
  const { raw, prepared } = item;
  const lots = new Uint8Array(raw.lines ?? prepared.lines);
  const worsen = (line: number, lot: number) => {
    lots[line] = Math.max(lots[line] ?? LEFT, lot);
  };
  const { events, held } = prepared;
  for (let i = 0; i < events.count; i++) worsen(lineOf(events, i, firstLine), TAKEN);
  for (const line of prepared.settledLines ?? []) worsen(line, TAKEN);
  for (const { line } of [...raw.undecodable, ...held]) worsen(line, QUARANTINED);
  for (const each of verdicts.values()) {
    for (let i = 0; i < events.count; i++) {
      const kind = each?.[i]?.kind;
      if (kind === 'accepted' || kind === 'duplicate') continue;
      worsen(lineOf(events, i, firstLine), kind === 'rejected' ? QUARANTINED : LEFT);
    }
  }
  for (const line of prepared.leftLines ?? []) worsen(line, LEFT);
  return { takenLines: linesWith(lots, TAKEN), quarantinedLines: linesWith(lots, QUARANTINED) };
}

function lineOf({ lines }: EventBatch, index: number, firstLine: number): number {
  return (lines[index] ?? 0) - firstLine;
}

function linesWith(lots: Uint8Array, lot: number): number[] {
  const lines: number[] = [];
  for (let line = 0; line < lots.length; line++) if (lots[line] === lot) lines.push(line);
  return lines;
}
