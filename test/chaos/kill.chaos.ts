import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { ReplayReport } from '../../src/report/report.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const bin = fileURLToPath(new URL('../../bin/respool.js', import.meta.url));
const KILLS = Number(process.env.RESPOOL_CHAOS_KILLS ?? 60);
const EVENTS = 60_000;
const DUPLICATES = 600;
/** Matches the ids that the dump holds twice: every hundredth. */
const REPEATED = 'e-%00';
const INVALID = 300;
const UNDECODABLE = 150;

test('a run that is killed at any instant ends with each event exactly once, and its numbers are exact', async () => {
  let kills = 0;
  let round = 0;
  while (kills < KILLS) {
    await using folder = await temporaryFolder();
    await using database = await createDatabase();
    const dump = join(folder.path, 'dump.ndjson');
    await writeFile(dump, makeDump(round++));
    const replay = [
      ...['replay', dump, '--to', `${database.url}?table=events`, '--state-dir', join(folder.path, 'state')],
      ...['--schema', await writeSchema(folder.path), '--batch', '400', '--output', 'json', '-q'],
    ];

    let report: ReplayReport | undefined;
    while (report === undefined) {
      const delay = kills < KILLS ? 150 + Math.random() * 1_500 : undefined;
      const { stdout, wasKilled } = await runAndMaybeKill(replay, delay);
      if (wasKilled) kills++;
      else report = JSON.parse(stdout) as ReplayReport; // what `--output json` prints
      // Killed behind its end, a run has nothing left to resume: what it would have printed is its receipt.
      if (wasKilled && (await isFinished(folder.path))) break;
    }
    report ??= await readReceipt(folder.path);
    if (report === undefined) continue;

    const [counted] = await database.query(
      'select count(*)::int as rows, count(distinct event_id)::int as ids from events',
    );
    expect(counted).toEqual({ rows: EVENTS, ids: EVENTS });
    expect(report).toMatchObject({
      complete: true,
      balanced: true,
      exitCode: 1,
      read: EVENTS + DUPLICATES + INVALID + UNDECODABLE,
      invalid: INVALID,
      undecodable: UNDECODABLE,
      sinks: [{ accepted: EVENTS, duplicate: DUPLICATES, rejected: 0, unknown: 0, unsent: 0 }],
      quarantine: { events: INVALID + UNDECODABLE },
    });
    expect(await quarantinedLines(report)).toHaveLength(INVALID + UNDECODABLE);
    // Every repeated delivery adds its id to the checksum once more.
    expect(report.sinks[0]?.checksum).toBe(await checksumOf(database, REPEATED));
  }
  expect(kills).toBeGreaterThanOrEqual(KILLS);
}, 1_200_000);

function makeDump(round: number): string {
  const lines: string[] = [];
  const late: string[] = [];
  for (let i = 0; i < EVENTS; i++) {
    const time = new Date(Date.UTC(2019, 6, 1 + (i % 5), 0, 0, i % 3_600, round)).toISOString();
    const line = JSON.stringify({ event_id: `e-${i}`, name: 'tide_measured', occurred_at: time, level_cm: i });
    lines.push(line);
    if (i % 100 === 0 && i % 1_000 !== 0) lines.push(line);
    if (i % 1_000 === 0) late.push(line);
    if (i % 200 === 7)
      lines.push(JSON.stringify({ event_id: `bad-${i}`, name: 'tide_measured', occurred_at: time, level_cm: 'high' }));
    if (i % 400 === 9) lines.push(`{"event_id": "broken-${i}", `);
  }
  return `${[...lines, ...late].join('\n')}\n`;
}

async function writeSchema(folder: string): Promise<string> {
  const path = join(folder, 'schema.json');
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    required: ['event_id', 'occurred_at'],
    properties: { level_cm: { type: 'integer' } },
  };
  await writeFile(path, JSON.stringify(schema));
  return path;
}

async function runAndMaybeKill(args: readonly string[], killAfterMs: number | undefined) {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<NodeJS.Signals | null>((done) => child.once('close', (_code, signal) => done(signal)));
  if (killAfterMs !== undefined) await Promise.race([sleep(killAfterMs), ended]);
  if (killAfterMs !== undefined && child.exitCode === null) child.kill('SIGKILL');
  const wasKilled = (await ended) === 'SIGKILL';
  if (!wasKilled && stdout === '') throw new Error(`respool ended with ${child.exitCode}: ${stderr}`);
  return { stdout, wasKilled };
}

async function isFinished(folder: string): Promise<boolean> {
  const position = await readRunFile(folder, 'positions.json');
  return position !== undefined && JSON.parse(position).state === 'finished';
}

async function readReceipt(folder: string): Promise<ReplayReport | undefined> {
  const receipt = await readRunFile(folder, 'receipt.json');
  return receipt === undefined ? undefined : JSON.parse(receipt);
}

/** A file of the one run in the state folder; undefined while there is none. */
async function readRunFile(folder: string, name: string): Promise<string | undefined> {
  const runs = join(folder, 'state', 'runs');
  const [run = ''] = await readdir(runs).catch(() => []);
  return readFile(join(runs, run, name), 'utf8').catch(() => undefined);
}

async function quarantinedLines({ quarantine }: ReplayReport): Promise<unknown[]> {
  const text = await readFile(quarantine?.path ?? '', 'utf8');
  const lines = text.trimEnd().split('\n');
  const where = lines.map((line) => JSON.stringify(JSON.parse(line).source));
  expect(new Set(where).size).toBe(lines.length);
  return lines;
}

async function checksumOf(database: TestDatabase, repeated: string): Promise<string> {
  const [sums] = await database.query(
    `select sum(h)::text as once, sum(h) filter (where event_id like $1 or event_id = 'e-0')::text as again
     from (select event_id, hashtextextended(event_id, 0)::numeric as h from events) hashed`,
    [repeated],
  );
  const sum = BigInt(String(sums?.once)) + BigInt(String(sums?.again));
  return BigInt.asUintN(64, sum).toString(16).padStart(16, '0');
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'respool-chaos-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
