import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ReplayReport } from '../../src/report/report.js';
import { ended, folderWith, spawnRespool } from '../support/cli.js';
import { createDatabase } from '../support/postgres.js';
import { startPostgres } from '../support/postgres-server.js';
import { startOwnService } from '../support/services.js';
import { type Filled, MESSAGES, POISON } from './filled/filled.js';
import { filledNats } from './filled/nats.js';
import { filledRabbit } from './filled/rabbitmq.js';
import { filledSidekiq } from './filled/sidekiq.js';
import { filledStaging } from './filled/staging.js';

const RESTARTS = 3;
const MOST_RUNS = 6;

interface Restarted extends AsyncDisposable {
  /**
   * Whether the server, killed, may forget that it has removed a message and yet remember that it was acknowledged: NATS
   * then holds messages that it gives to nobody.
   */
  readonly forgets?: boolean;
  readonly queue: Filled;
  restart(downMs: number): Promise<void>;
}

async function own(name: 'redis' | 'nats' | 'rabbitmq', fill: (at: { host: string; port: number }) => Promise<Filled>) {
  const server = await startOwnService(name);
  if (server === undefined) throw new Error(`there is no server for ${name} on the PATH`);
  return restarted(server, await fill(server));
}

function restarted(server: AsyncDisposable & Pick<Restarted, 'restart'>, queue: Filled): Restarted {
  return {
    queue,
    restart: (downMs) => server.restart(downMs),
    async [Symbol.asyncDispose]() {
      await queue[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const SERVERS: readonly [string, () => Promise<Restarted>][] = [
  ['Redis', () => own('redis', ({ host, port }) => filledSidekiq(`redis://${host}:${port}`))],
  ['NATS', async () => ({ ...(await own('nats', (at) => filledNats(at))), forgets: true })],
  ['RabbitMQ', () => own('rabbitmq', ({ host, port }) => filledRabbit(`amqp://guest:guest@${host}:${port}`))],
  [
    'the Postgres of a staging table',
    async () => {
      const server = await startPostgres();
      return restarted(server, await filledStaging(server.url));
    },
  ],
];

describe.each(SERVERS)('%s', (_, make) => {
  test('may be killed and started again while a run drains it: the run goes on or ends as incomplete, and all is there once', async () => {
    await using server = await make();
    const { queue, forgets = false } = server;
    await using database = await createDatabase();
    await using folder = await folderWith({
      'schema.json': JSON.stringify({
        type: 'object',
        required: ['event_id', 'occurred_at'],
        properties: { occurred_at: { type: 'string', format: 'date-time' } },
      }),
    });
    await database.query(
      'create table events (event_id text, name text, occurred_at timestamptz not null, primary key (event_id, occurred_at))',
    );
    const counted = async () => {
      const [row] = await database.query('select count(*)::int as n, count(distinct event_id)::int as ids from events');
      return { n: Number(row?.n), ids: Number(row?.ids) };
    };
    const start = () => {
      const to = ['--to', `${database.url}?table=events`, '--schema', join(folder.path, 'schema.json')];
      const how = ['--state-dir', join(folder.path, 'state'), '--batch', '100', '--output', 'json', '-q'];
      return ended(spawnRespool(['replay', queue.address, ...to, ...how], { env: queue.env }));
    };
    const poison = Math.ceil(MESSAGES / POISON);

    let restarts = 0;
    const statuses: (number | null)[] = [];
    let last: ReplayReport | undefined;
    for (let runs = 0; runs < MOST_RUNS && (statuses.at(-1) ?? 4) === 4; runs++) {
      if (runs > 0) await sleep(queue.comesBackAfterMs ?? 0);
      const before = (await counted()).n;
      let isOver = false;
      const run = start().finally(() => {
        isOver = true;
      });
      while (!isOver && restarts < RESTARTS) {
        const next = before + ((restarts + 1) * (MESSAGES - before)) / (RESTARTS + 2);
        if ((await counted()).n >= next) {
          restarts++;
          await server.restart(300 + restarts * 500);
        } else await sleep(10);
      }
      const { status, stdout, stderr } = await run;
      expect([1, 4], stderr).toContain(status);
      statuses.push(status);
      last = JSON.parse(stdout);
    }
    // What the server has forgotten to have removed comes once more, and one more run finds it.
    await sleep(queue.comesBackAfterMs ?? 0);
    const { status, stdout } = await start();
    const final: ReplayReport = JSON.parse(stdout);
    console.error(`${restarts} restarts, runs ended with ${statuses.join(', ')}`);

    expect(restarts).toBeGreaterThan(0);
    expect(last).toMatchObject({ balanced: true });
    expect(await counted()).toEqual({ n: MESSAGES - poison, ids: MESSAGES - poison });
    const left = forgets ? expect.toSatisfy((count: number) => count >= poison) : poison;
    await expect.poll(queue.waiting, { timeout: 10_000 }).toEqual(left);
    expect(status).toBe(1);
    expect(final).toMatchObject({ balanced: true, sinks: [{ accepted: 0 }], source: { left: poison } });
  });
});
