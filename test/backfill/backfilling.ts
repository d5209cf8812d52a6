import { expect } from 'vitest';
import type { BackfillReport } from '../../src/report/backfill-report.js';
import { type CliCall, type CliResult, ended, respool, spawnRespool } from '../support/cli.js';

/** A table of days, keyed like the events of `dayEvents`. */
export const DAYS_TABLE = `
  create table ev (event_id text not null, name text, occurred_at timestamptz not null, level_cm int, primary key (event_id, occurred_at))
    partition by range (occurred_at);
  create index ev_name_idx on ev (name);
  create table ev_20190701 partition of ev for values from ('2019-07-01 00:00+00') to ('2019-07-02 00:00+00');
  create table ev_20190702 partition of ev for values from ('2019-07-02 00:00+00') to ('2019-07-03 00:00+00');`;

export const RANGE = ['--since', '2019-07-01', '--until', '2019-07-04'] as const;

export interface Backfilled extends CliResult {
  /** What `--output json` printed; throws when it printed nothing. */
  readonly report: BackfillReport;
}

/** Runs `respool backfill … --output json` to its end: expected errors have no stack. */
export async function backfill(args: readonly string[], call: CliCall = {}): Promise<Backfilled> {
  return backfilled(await respool(['backfill', ...args, '--output', 'json'], call));
}

/** Starts the same, to be stopped or watched on its way. */
export function startBackfill(args: readonly string[], call: CliCall = {}) {
  const child = spawnRespool(['backfill', ...args, '--output', 'json'], call);
  return { child, end: ended(child).then(backfilled) };
}

function backfilled(result: CliResult): Backfilled {
  expect(result.stderr).not.toMatch(/\n\s+at .*:\d+|unexpected:|defect of respool/u);
  return {
    ...result,
    get report(): BackfillReport {
      if (result.stdout === '') throw new Error(`no report, exit ${result.status}: ${result.stderr}`);
      return JSON.parse(result.stdout);
    },
  };
}

/** `count` events spread over `days` days from July 1st 2019, out of order. */
export function dayEvents(count: number, { days = 3, from = 0 } = {}): string {
  return Array.from({ length: count }, (_, at) => {
    const id = from + ((at * 7_919) % count);
    const occurred_at = new Date(
      Date.UTC(2019, 6, 1) + Math.floor((id - from) * (days * 86_400_000)) / count,
    ).toISOString();
    return `${JSON.stringify({ event_id: `e${id}`, name: 'tide_measured', occurred_at, level_cm: id })}\n`;
  }).join('');
}
