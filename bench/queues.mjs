// Measures how fast queues are drained, against loops that read and acknowledge only: npm run bench:queues [-- --messages 100000] [--runs 3] [--only sqs,rabbitmq,sidekiq,bullmq,staging,pgboss,nats].
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wideLines } from './data.mjs';
import { measure, median } from './measure.mjs';
import { openQueues, sql } from './queue-fills.mjs';

const { values: flags } = parseArgs({
  options: {
    messages: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
});
const messages = Number(flags.messages);
const postgres = process.env.RESPOOL_BENCH_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';
const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
const natsUrl = process.env.RESPOOL_BENCH_NATS_URL ?? '127.0.0.1:4222';
const amqpUrl = process.env.RESPOOL_BENCH_AMQP_URL ?? 'amqp://guest:guest@127.0.0.1:5672';
const name = `respool_dlq_${process.pid}`;
const database = Object.assign(new URL(postgres), { pathname: `/${name}` }).href;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'respool-bench-'));
const SCHEMA = here('wide.schema.json');
const TABLE = `drop table if exists ev; create table ev (event_id text not null, name text not null,
  occurred_at timestamptz not null, user_id text, properties jsonb, context jsonb, primary key (event_id, occurred_at))`;

const lines = [...wideLines(messages)];
const queues = await openQueues({ name, lines, database, redisUrl, natsUrl, amqpUrl });
const only = flags.only?.split(',') ?? Object.keys(queues);
await sql(postgres, `create database ${name}`);
try {
  const rows = [];
  for (const kind of only) {
    rows.push(await compare(kind, queues[kind]));
    console.log(rows.at(-1));
  }
  console.log(`\n${cpus().length} cores, Node ${process.version}, ${messages} messages, medians of ${flags.runs}`);
  console.table(rows);
} finally {
  await queues.sqs.stop();
  rmSync(folder, { recursive: true, force: true });
  await sql(postgres, `drop database ${name} with (force)`);
}

/** Both drain the same messages, in turn; processor time is that of the draining process alone, without the servers. */
async function compare(kind, { url, fill, clear, address, env = {} }) {
  const times = { bare: [], respool: [] };
  for (let run = 0; run < Number(flags.runs); run++) {
    await fill();
    times.bare.push(await measure('node', [here('bare-loop.mjs'), kind, url, name], { cwd: here('..'), env }));
    await clear?.();
    await fill();
    await sql(database, TABLE);
    const state = join(folder, `${kind}-${run}`);
    const args = ['replay', address, '--to', `${database}?table=ev`, '--schema', SCHEMA, '--state-dir', state, '-q'];
    times.respool.push(await measure('node', [here('../bin/respool.js'), ...args], { env }));
    const [{ count }] = await sql(database, 'select count(*)::int from ev');
    if (count !== messages) throw new Error(`${kind}: ${count} of ${messages} events arrived`);
    await clear?.();
  }
  const of = (who, what) => median(times[who].map((time) => time[what]));
  return {
    queue: kind,
    'bare s': of('bare', 'seconds').toFixed(1),
    'respool s': of('respool', 'seconds').toFixed(1),
    'share of bare speed': (of('bare', 'seconds') / of('respool', 'seconds')).toFixed(2),
    'bare CPU s': of('bare', 'cpuSeconds').toFixed(1),
    'respool CPU s': of('respool', 'cpuSeconds').toFixed(1),
    'messages/CPU s': Math.round(messages / of('respool', 'cpuSeconds')),
    'peak MB': Math.round(of('respool', 'peakMb')),
  };
}
