import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { API_KEY, startDatadogLogs } from '../stand-ins/datadog-logs.js';
import { startDatadogMetrics } from '../stand-ins/datadog-metrics.js';
import { type Fault, seeded } from '../stand-ins/faults.js';
import { ended, folderWith, spawnRespool } from '../support/cli.js';

const KILLS = Number(process.env.RESPOOL_CHAOS_LEDGER_KILLS ?? 40);
const EVENTS = 20_000;
const REPEATED = 200;

/** Every hundredth event twice, the second time right behind the first. */
function dump(): string {
  const start = Date.now() - 1_200_000;
  const lines: string[] = [];
  for (let n = 0; n < EVENTS; n++) {
    const line = JSON.stringify({
      event_id: `e-${n}`,
      name: 'x',
      occurred_at: new Date(start + n * 10).toISOString(),
      n,
    });
    lines.push(line);
    if (n % 100 === 0) lines.push(line);
  }
  return `${lines.join('\n')}\n`;
}

interface Ending {
  readonly status: number | null;
  readonly report: { readonly sinks: readonly Record<string, number>[]; readonly balanced: boolean };
  readonly kills: number;
}

/** Runs a command again and again, killed at random, until it comes to its end. */
async function untilDone(cwd: string, args: readonly string[], mayKill: (kills: number) => boolean): Promise<Ending> {
  for (let kills = 0; ; ) {
    const child = spawnRespool([...args, '--output', 'json', '-q'], { cwd, env: { DD_API_KEY: API_KEY } });
    const end = ended(child);
    child.stdin.end();
    if (mayKill(kills)) {
      await Promise.race([sleep(300 + Math.random() * 1_500), end]);
      if (child.exitCode === null) child.kill('SIGKILL');
    }
    const { status, stdout, stderr } = await end;
    if (status !== null && stdout === '') throw new Error(stderr);
    if (status !== null) return { status, report: JSON.parse(stdout), kills };
    kills++;
    // Killed behind its end, a run has nothing left to resume.
    const [run = ''] = await readdir(join(cwd, '.respool/runs')).catch(() => []);
    const receipt = await readFile(join(cwd, '.respool/runs', run, 'receipt.json'), 'utf8').catch(() => undefined);
    if (receipt !== undefined) return { status: 0, report: JSON.parse(receipt), kills };
  }
}

test('a file holds each event once and the counts are exact, however often the run is killed', async () => {
  for (let kills = 0; kills < KILLS; ) {
    await using folder = await folderWith({ 'dump.ndjson': dump() });
    const args = ['replay', 'dump.ndjson', '--to', 'file:out.ndjson?rotate=200KB', '--batch', '200'];
    const { report, kills: more } = await untilDone(folder.path, args, (before) => kills + before < KILLS);
    kills += more;
    expect(report).toMatchObject({ balanced: true, sinks: [{ accepted: EVENTS, duplicate: REPEATED, unsent: 0 }] });
    const names = (await readdir(folder.path)).filter((name) => name.startsWith('out-')).sort();
    const texts = await Promise.all(names.map((name) => readFile(join(folder.path, name), 'utf8')));
    const ids = texts
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event_id);
    expect([ids.length, new Set(ids).size]).toEqual([EVENTS, EVENTS]);
  }
});

test('Datadog holds each log at most once, and what it may lack is named, over faults and kills', async () => {
  const faults: readonly Fault[] = [
    { kind: 'answer', status: 503 },
    { kind: 'answer', status: 429, body: '<html>slow down</html>' },
    { kind: 'answer', status: 408 },
    { kind: 'reset' },
    { kind: 'answer-lost' },
    { kind: 'slow', ms: 200 },
  ];
  for (let seed = 1; seed <= 6; seed++) {
    await using datadog = await startDatadogLogs({ faults: seeded(seed, 0.15, faults) });
    await using folder = await folderWith({ 'dump.ndjson': dump() });
    const to = `datadog-logs:?endpoint=${datadog.url}&retry-for=20&timeout=5`;
    const args = ['replay', 'dump.ndjson', '--to', to, '--batch', '500'];
    const { report } = await untilDone(folder.path, args, (kills) => kills < 3);
    const [{ accepted = 0, duplicate = 0, unknown = 0, unsent = 0 } = {}] = report.sinks;
    expect(report.balanced).toBe(true);
    expect(accepted + duplicate + unknown + unsent).toBe(EVENTS + REPEATED);
    expect(datadog.duplicates()).toBe(0);
    const held = new Set(datadog.logs.map(({ attributes }) => attributes.event_id));
    // Whatever is not there is among those that are named.
    const [run = ''] = await readdir(join(folder.path, '.respool/runs'));
    const path = join(folder.path, '.respool/runs', run, 'quarantine.ndjson');
    const quarantine = await readFile(path, 'utf8').catch(() => '');
    const named = new Set(quarantine.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).id])));
    const missing = Array.from({ length: EVENTS }, (_, n) => `e-${n}`).filter((id) => !held.has(id));
    if (unsent === 0) expect(missing.filter((id) => !named.has(id))).toEqual([]);
  }
});

test('totals are the same over kills, and no second value ever differs from the first', async () => {
  await using datadog = await startDatadogMetrics();
  await using folder = await folderWith();
  await writeFile(join(folder.path, 'dump.ndjson'), dump());
  const to = `datadog-metrics:?endpoint=${datadog.url}&rule.events.metric=app.events&rule.sum.value=/n`;
  const args = ['replay', 'dump.ndjson', '--to', to, '--batch', '500'];
  const { report } = await untilDone(folder.path, args, (kills) => kills < 8);
  expect(report).toMatchObject({ balanced: true, sinks: [{ accepted: EVENTS, duplicate: REPEATED }] });
  let events = 0;
  for (const [key, value] of datadog.points) if (key.startsWith('app.events{')) events += value;
  expect(events).toBe(EVENTS);
  expect(datadog.counters).toMatchObject({ overwrites_with_different_value: 0, dropped_old: 0, dropped_future: 0 });
});
