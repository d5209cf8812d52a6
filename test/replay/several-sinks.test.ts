import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { API_KEY, APP_KEY, startDatadogLogs } from '../stand-ins/datadog-logs.js';
import { always, scripted } from '../stand-ins/faults.js';
import { ended, folderWith, respool, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';

const EVENTS = 300;

function dump(): string {
  const now = Date.now();
  const lines = Array.from({ length: EVENTS }, (_, n) =>
    JSON.stringify({ event_id: `e-${n}`, name: 'x', occurred_at: new Date(now - n * 1_000).toISOString(), n }),
  );
  return `${lines.join('\n')}\n`;
}

const env = { DD_API_KEY: API_KEY };
const logsTo = (url: string, more = '') => `datadog-logs:?endpoint=${url}&retry-for=1&timeout=1${more}`;
const linesIn = async (path: string) => (await readFile(path, 'utf8')).split('\n').length - 1;

test('a dead sink stops only its own lane, and the same command later sends only the rest', async () => {
  await using datadog = await startDatadogLogs({ faults: always({ kind: 'answer', status: 503 }) });
  await using database = await createDatabase();
  await using folder = await folderWith({ 'dump.ndjson': dump() });
  const sinks = ['file:out.ndjson', logsTo(datadog.url), `${database.url}?table=events`];
  const call = async () => {
    const to = sinks.flatMap((sink) => ['--to', sink]);
    const args = ['replay', 'dump.ndjson', ...to, '--batch', '50', '--output', 'json', '-q'];
    const { status, stdout } = await respool(args, { cwd: folder.path, env });
    return { status, report: JSON.parse(stdout) };
  };

  const first = await call();
  expect(first.status).toBe(4);
  expect(first.report).toMatchObject({
    ...{ complete: false, balanced: true, read: EVENTS },
    sinks: [{ accepted: EVENTS }, { accepted: 0, unsent: EVENTS }, { accepted: EVENTS }],
    failures: [{ code: 'sink_unavailable' }],
  });

  datadog.misbehave(undefined);
  const second = await call();
  expect(second.status).toBe(0);
  expect(second.report).toMatchObject({
    ...{ complete: true, balanced: true, resumed: 1, read: EVENTS },
    sinks: [
      { accepted: EVENTS, duplicate: 0 },
      { accepted: EVENTS, unsent: 0 },
      { accepted: EVENTS, duplicate: 0 },
    ],
  });
  const third = await call();
  expect(third.report.sinks).toMatchObject([{ duplicate: EVENTS }, { duplicate: EVENTS }, { duplicate: EVENTS }]);

  expect(datadog.logs).toHaveLength(EVENTS);
  expect(datadog.duplicates()).toBe(0);
  expect(await linesIn(join(folder.path, 'out.ndjson'))).toBe(EVENTS);
  expect(await database.query('select count(*)::int as n from events')).toEqual([{ n: EVENTS }]);
}, 90_000);

test('a lost answer is named, kept back, and sent again only when the user decides so', async () => {
  await using datadog = await startDatadogLogs({ faults: scripted({ kind: 'reset' }) });
  await using folder = await folderWith({ 'dump.ndjson': dump() });
  const replay = (...args: readonly string[]) =>
    respool(['replay', ...args, '--to', logsTo(datadog.url), '--output', 'json', '-q'], { cwd: folder.path, env });

  const first = await replay('dump.ndjson');
  expect(first.status).toBe(2);
  const report = JSON.parse(first.stdout);
  expect(report).toMatchObject({ balanced: true, sinks: [{ accepted: 0, unknown: EVENTS }] });
  expect(report.next[0].command).toMatch(/^respool replay \S+quarantine\.ndjson .*--on-unknown resend$/u);
  expect((await respool(['trace', 'e-7'], { cwd: folder.path })).stdout).toContain('unknown');

  // Neither the dump nor the quarantine sends them without a decision.
  for (const source of ['dump.ndjson', report.quarantine.path]) {
    expect(JSON.parse((await replay(source)).stdout)).toMatchObject({ sinks: [{ unknown: EVENTS }] });
  }
  expect(datadog.logs).toHaveLength(0);
  const decided = await replay(report.quarantine.path, '--on-unknown', 'resend');
  expect(JSON.parse(decided.stdout)).toMatchObject({ complete: true, sinks: [{ accepted: EVENTS, unknown: 0 }] });
  expect(JSON.parse((await replay('dump.ndjson')).stdout)).toMatchObject({ sinks: [{ duplicate: EVENTS }] });
  expect(datadog.duplicates()).toBe(0);
}, 90_000);

test('a run killed between request and answer asks Datadog, and sends only what was not on its way', async () => {
  await using datadog = await startDatadogLogs({ faults: scripted(undefined, { kind: 'silent' }) });
  await using folder = await folderWith({ 'dump.ndjson': dump() });
  const args = ['replay', 'dump.ndjson', '--to', `datadog-logs:?endpoint=${datadog.url}`, '--batch', '100', '-q'];
  const child = spawnRespool(args, { cwd: folder.path, env });
  while (datadog.requests < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill('SIGKILL');
  await ended(child);
  datadog.misbehave(undefined);

  const { status, stdout } = await respool([...args, '--output', 'json'], {
    cwd: folder.path,
    env: { ...env, DD_APP_KEY: APP_KEY },
  });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ complete: true, resumed: 1 },
    sinks: [{ accepted: EVENTS, duplicate: 0, unknown: 0 }],
  });
  expect(datadog.counters.searches).toBeGreaterThan(0);
  expect(datadog.logs).toHaveLength(EVENTS);
  expect(datadog.duplicates()).toBe(0);
}, 90_000);
