import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReplayReport } from '../../src/report/report.js';
import { API_KEY, APP_KEY, startDatadogLogs } from '../stand-ins/datadog-logs.js';
import { type Fault, randomOf, seeded } from '../stand-ins/faults.js';
import { ACCOUNT, PROJECT, startMixpanel } from '../stand-ins/mixpanel.js';
import { type CliResult, ended, folderWith, spawnRespool } from '../support/cli.js';

const SEEDS = Number(process.env.RESPOOL_CHAOS_SEEDS ?? 200);
const AT_ONCE = 4;
const MOST_RUNS = 12;
/** From this run on nothing goes wrong any more. */
const QUIET_RUN = 5;

const html = '<html><title>502 Bad Gateway</title></html>';
const FAULTS: readonly Fault[] = [
  { kind: 'answer', status: 408 },
  { kind: 'answer', status: 429, headers: { 'retry-after': '0' }, body: '{"error":"slow down"}' },
  { kind: 'answer', status: 429, headers: { 'x-ratelimit-reset': '0' }, body: html },
  { kind: 'answer', status: 429 },
  { kind: 'answer', status: 500, body: 'null' },
  { kind: 'answer', status: 502, body: html },
  { kind: 'answer', status: 503, body: '' },
  { kind: 'reset' },
  { kind: 'answer-lost' },
  { kind: 'answer-lost' },
  { kind: 'answer-cut' },
  { kind: 'slow', ms: 30 },
];

test(`${SEEDS} seeds of faults and kills: Mixpanel shows each event once, Datadog holds none twice, the numbers balance`, async () => {
  const totals = { runs: 0, kills: 0, faults: 0, unknown: 0 };
  let next = 1;
  const work = async () => {
    for (let seed = next++; seed <= SEEDS; seed = next++) {
      const told = await surviveSeed(seed).catch((cause: unknown) => {
        throw new Error(`seed ${seed}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      });
      for (const key of ['runs', 'kills', 'faults', 'unknown'] as const) totals[key] += told[key];
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  console.log(`${SEEDS} seeds: ${JSON.stringify(totals)}`);
  expect(totals.kills).toBeGreaterThan(SEEDS / 4);
  expect(totals.faults).toBeGreaterThan(SEEDS);
});

/** One dump into both sinks, run again and again until nothing is left to do. */
async function surviveSeed(seed: number) {
  const random = randomOf(seed);
  const events = Array.from({ length: 40 + Math.floor(random() * 200) }, (_, n) => eventOf(n));
  const lines = [...events, ...events.slice(0, 5)].map((event) => `${JSON.stringify(event)}\n`);
  await using folder = await folderWith({ 'dump.ndjson': lines.join('') });
  await using mixpanel = await startMixpanel({
    refuse: ({ properties }) =>
      properties.level_cm === 13 ? { field: 'properties.level_cm', message: 'unlucky' } : undefined,
  });
  await using datadog = await startDatadogLogs();
  const told = { runs: 0, kills: 0, faults: 0, unknown: 0 };
  const env = {
    MIXPANEL_SERVICE_ACCOUNT: ACCOUNT,
    MIXPANEL_PROJECT_ID: PROJECT,
    DD_API_KEY: API_KEY,
    ...(random() < 0.5 && { DD_APP_KEY: APP_KEY }),
  };
  const args = ['replay', 'dump.ndjson', '--batch', '20', '--id', 'event_id', '--output', 'json'];
  for (const [sink, { url }] of [
    ['mixpanel', mixpanel],
    ['datadog-logs', datadog],
  ] as const) {
    args.push('--to', `${sink}:?endpoint=${url}&retry-for=1&timeout=10`);
  }
  let result: CliResult | undefined;
  while (told.runs < MOST_RUNS) {
    told.runs++;
    const child = spawnRespool(args, { cwd: folder.path, env });
    child.stdin.end();
    const isQuiet = told.runs >= QUIET_RUN;
    const share = isQuiet ? 0 : random() * 0.5;
    let untilKill = isQuiet || random() < 0.3 ? Number.POSITIVE_INFINITY : 1 + Math.floor(random() * 12);
    for (const [at, peer] of [mixpanel, datadog].entries()) {
      const faults = seeded(seed * 100 + told.runs * 2 + at, share, FAULTS);
      peer.misbehave(() => {
        if (--untilKill === 0) child.kill('SIGKILL');
        const fault = faults();
        if (fault !== undefined) told.faults++;
        return fault;
      });
    }
    result = await ended(child);
    if (result.status === null) told.kills++;
    // What is unknown outranks what is unsent in the exit code: whether there is more to do stands in the report.
    else if (JSON.parse(result.stdout).complete === true) break;
  }
  const report: ReplayReport = JSON.parse(result?.stdout ?? '');
  expect(report, JSON.stringify(report.failures)).toMatchObject({ balanced: true, complete: true });
  const unknown = await idsInQuarantine(join(folder.path, report.quarantine?.path ?? ''), 'unknown');
  told.unknown = unknown.size;

  // Mixpanel: whatever was sent twice is one event, and each has its own values.
  const shown = new Map(mixpanel.query().map(({ properties }) => [properties.$insert_id, properties]));
  expect(mixpanel.query()).toHaveLength(shown.size);
  for (const { event_id, level_cm, user_id } of events) {
    if (level_cm === 13) expect(shown.has(event_id)).toBe(false);
    else expect(shown.get(event_id)).toMatchObject({ level_cm, distinct_id: user_id });
  }
  expect(mixpanel.counters).toMatchObject({ time_overwritten: 0, not_strict: 0 });

  // Datadog: none twice, and what is not certain is named.
  expect(datadog.duplicates()).toBe(0);
  const held = new Set(datadog.logs.map(({ attributes }) => attributes.event_id));
  for (const { event_id } of events) {
    expect(held.has(event_id) || unknown.has(event_id), `${event_id} is neither there nor named`).toBe(true);
  }
  expect(result?.status).toBe(unknown.size > 0 ? 2 : events.length > 13 ? 1 : 0);
  return told;
}

async function idsInQuarantine(path: string, kind: string): Promise<ReadonlySet<string>> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  const inner = lines.map((line) => JSON.parse(line) as { kind: string; id: string });
  return new Set(inner.filter((each) => each.kind === kind).map(({ id }) => id));
}

/** One event of the last hours, so that Datadog takes it. */
function eventOf(n: number) {
  const occurred_at = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000 + n * 1_000).toISOString();
  return { event_id: `e-${n}`, name: 'measured', occurred_at, user_id: `user-${n % 9}`, level_cm: n };
}
