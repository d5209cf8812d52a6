import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { replay, startReplay } from '../replay/replaying.js';
import { API_KEY, startDatadogLogs } from '../stand-ins/datadog-logs.js';
import { ended, folderWith, spawnRespool } from '../support/cli.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';

const KILLS = Number(process.env.RESPOOL_CHAOS_WORKER_KILLS ?? 6);
const EVENTS = 24_000;
const REPEATED = EVENTS / 100;
const BROKEN = EVENTS / 1_000;

/** Every hundredth event twice, the second time far behind the first, and every thousandth line cut off. */
function dump(startMs: number): string {
  const event = (n: number) =>
    JSON.stringify({ event_id: `e-${n}`, name: 'x', occurred_at: new Date(startMs + n * 10).toISOString(), n });
  const lines = Array.from({ length: EVENTS }, (_, n) => event(n));
  for (let n = 0; n < EVENTS; n += 100) lines.push(event(n));
  for (let n = 0; n < EVENTS; n += 1_000) lines.splice((n * 13) % lines.length, 0, '{"event_id": "cut');
  return `${lines.join('\n')}\n`;
}

interface Crew {
  readonly cwd: string;
  readonly queue: TestDatabase;
  readonly to: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Two workers, of which one is killed at a random moment while it works, and replaced, again and again. */
function startCrew({ cwd, queue, to, env = {} }: Crew) {
  const start = () => {
    const child = spawnRespool(['worker', '--queue', queue.url, '--to', to, '--max-rate', '1500', '-q'], { cwd, env });
    return { child, end: ended(child) };
  };
  let isOver = false;
  const workers = [start(), start()];
  const killing = (async () => {
    for (let kills = 0; kills < KILLS && !isOver; kills++) {
      while (!isOver && (await atWork(queue)) < 2) await sleep(100);
      await sleep(Math.random() * 2_500);
      const at = kills % 2;
      workers[at]?.child.kill('SIGKILL');
      workers[at] = start();
    }
  })();
  return {
    async stop() {
      isOver = true;
      await killing;
      for (const { child } of workers) child.kill('SIGTERM');
      for (const { end } of workers) expect((await end).stderr).not.toMatch(/\n\s+at .*:\d+|unexpected:/u);
    },
  };
}

/** Workers that have something in hand and were heard of just now. */
async function atWork(queue: TestDatabase): Promise<number> {
  const sql = `select count(*)::int as n from respool.workers where job is not null and beat > now() - interval '6 seconds'`;
  const [row] = await queue.query(sql).catch(() => []);
  return Number(row?.n ?? 0);
}

test('workers are killed again and again: a table has each event once, and the counts are those of one process', async () => {
  await using folder = await folderWith();
  await writeFile(join(folder.path, 'dump.ndjson'), dump(Date.UTC(2020, 0, 1)));
  await using target = await createDatabase();
  await using queue = await createDatabase();
  const crew = startCrew({ cwd: folder.path, queue, to: target.url });
  const args = ['dump.ndjson', '--to', target.url, '--queue', queue.url, '--slice', '200K', '--batch', '200'];
  const { status, report } = await replay(args, { cwd: folder.path });
  await crew.stop();
  expect(status).toBe(1);
  expect(report).toMatchObject({
    ...{ complete: true, balanced: true, read: EVENTS + REPEATED + BROKEN, undecodable: BROKEN },
    sinks: [{ accepted: EVENTS, duplicate: REPEATED, rejected: 0, unknown: 0, unsent: 0 }],
    quarantine: { events: BROKEN },
  });
  const rows = await target.query('select count(*)::int as all, count(distinct event_id)::int as ids from events');
  expect(rows).toEqual([{ all: EVENTS, ids: EVENTS }]);
}, 900_000);

test('workers are killed again and again: Datadog has no log twice, and what it may lack is named', async () => {
  await using folder = await folderWith();
  await writeFile(join(folder.path, 'dump.ndjson'), dump(Date.now() - 600_000));
  await using datadog = await startDatadogLogs({ apiKey: API_KEY });
  await using queue = await createDatabase();
  const to = `datadog-logs:?endpoint=${datadog.url}`;
  const env = { DD_API_KEY: API_KEY };
  const crew = startCrew({ cwd: folder.path, queue, to, env });
  const args = ['dump.ndjson', '--to', to, '--queue', queue.url, '--slice', '200K', '--batch', '200'];
  const { report } = await startReplay(args, { cwd: folder.path, env }).end;
  await crew.stop();
  expect(report).toMatchObject({ complete: true, balanced: true, read: EVENTS + REPEATED + BROKEN });
  const [sink] = report.sinks;
  const { accepted = 0, duplicate = 0, unknown = 0 } = sink ?? {};
  expect(accepted + duplicate + unknown).toBe(EVENTS + REPEATED);
  expect(datadog.duplicates()).toBe(0);
  // What is not there is among the events that are named as unknown.
  expect(datadog.logs.length).toBeGreaterThanOrEqual(accepted);
  expect(datadog.logs.length).toBeLessThanOrEqual(accepted + unknown);
  expect(report.quarantine?.events).toBe(BROKEN + unknown);
}, 900_000);
