import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ReplayReport } from '../../src/report/report.js';
import { type CliCall, type CliResult, ended, respool, spawnRespool } from '../support/cli.js';
import type { TestDatabase } from '../support/postgres.js';

/** A password that must never be seen in anything that is printed. */
export const SECRET = 'correct-horse-battery';

export interface Replayed extends CliResult {
  /** What `--output json` printed; throws when it printed nothing. */
  readonly report: ReplayReport;
}

/** Runs `respool replay … --output json` to its end: expected errors have no stack and tell no secret. */
export async function replay(args: readonly string[], call: CliCall = {}): Promise<Replayed> {
  return replayed(await respool(['replay', ...args, '--output', 'json'], call));
}

/** Starts the same, to be stopped or watched on its way; standard input stays open. */
export function startReplay(args: readonly string[], call: CliCall = {}) {
  const child = spawnRespool(['replay', ...args, '--output', 'json'], call);
  return { child, end: ended(child).then(replayed) };
}

function replayed(result: CliResult): Replayed {
  expect(result.stderr).not.toMatch(/\n\s+at .*:\d+|unexpected:|defect of respool/u);
  expect(result.stderr + result.stdout).not.toContain(SECRET);
  return {
    ...result,
    get report(): ReplayReport {
      if (result.stdout === '') throw new Error(`no report, exit ${result.status}: ${result.stderr}`);
      return JSON.parse(result.stdout);
    },
  };
}

/** Lines of NDJSON with the ids `e<from>` and on. */
export function events(count: number, from = 0): string {
  return Array.from({ length: count }, (_, at) => `${JSON.stringify(eventOf(from + at))}\n`).join('');
}

/** One event of 2020-01-01. */
export function eventOf(id: number) {
  const occurred_at = new Date(Date.UTC(2020, 0, 1) + id * 1_000).toISOString();
  return { event_id: `e${id}`, name: 'measured', occurred_at, level_cm: id };
}

/** Rows of the table that a replay makes when none is named; 0 while it is not there. */
export async function rowsIn(database: TestDatabase): Promise<number> {
  const [row] = await database.query('select count(*)::int as rows from events').catch(() => []);
  return Number(row?.rows ?? 0);
}

/** Resolves once the condition holds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await condition()); await sleep(50)) {
    if (Date.now() > end) throw new Error('it did not come to that within 20 seconds');
  }
}

/** Resolves once a run has said something on standard error. */
export async function said(child: ChildProcess, expected: RegExp): Promise<void> {
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text += chunk;
  });
  await until(async () => expected.test(text));
}
