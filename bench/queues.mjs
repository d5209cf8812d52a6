// Measures how fast queues are drained, against loops that read and acknowledge only: npm run bench:queues [-- --messages 100000] [--runs 3] [--only sidekiq,staging,nats].
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { wideLines } from './data.mjs';
import { measure, median } from './measure.mjs';

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
const name = `respool_dlq_${process.pid}`;
const database = Object.assign(new URL(postgres), { pathname: `/${name}` }).href;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'respool-bench-'));
const SCHEMA = here('wide.schema.json');
const TABLE = `drop table if exists ev; create table ev (event_id text not null, name text not null,
  occurred_at timestamptz not null, user_id text, properties jsonb, context jsonb, primary key (event_id, occurred_at))`;

const queues = {
  sidekiq: { url: redisUrl, fill: fillSidekiq, clear: clearSidekiq, address: `sidekiq:dead?namespace=${name}` },
  staging: {
    url: database,
    fill: fillStaging,
    clear: async () => {},
    address: `${database}?table=${name}&processed=done`,
  },
  nats: { url: natsUrl, fill: fillNats, clear: clearNats, address: `nats://${natsUrl}/${name}` },
};
const only = flags.only?.split(',') ?? Object.keys(queues);

const lines = [...wideLines(messages)];
await sql(postgres, `create database ${name}`);
try {
  const rows = [];
  for (const kind of only) rows.push(await compare(kind, queues[kind]));
  console.log(`\n${cpus().length} cores, Node ${process.version}, ${messages} messages, medians of ${flags.runs}`);
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true, force: true });
  await sql(postgres, `drop database ${name} with (force)`);
}

/** Both drain the same messages, in turn; processor time is that of the draining process alone, without the servers. */
async function compare(kind, { url, fill, clear, address }) {
  const times = { bare: [], respool: [] };
  for (let run = 0; run < Number(flags.runs); run++) {
    await fill();
    times.bare.push(await measure('node', [here('bare-loop.mjs'), kind, url, name], { cwd: here('..') }));
    await clear();
    await fill();
    await sql(database, TABLE);
    const state = join(folder, `${kind}-${run}`);
    const args = ['replay', address, '--to', `${database}?table=ev`, '--schema', SCHEMA, '--state-dir', state, '-q'];
    times.respool.push(await measure('node', [here('../bin/respool.js'), ...args], { env: { REDIS_URL: redisUrl } }));
    const [{ count }] = await sql(database, 'select count(*)::int from ev');
    if (count !== messages) throw new Error(`${kind}: ${count} of ${messages} events arrived`);
    await clear();
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

async function sql(url, text, values) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query(text, values);
    return (Array.isArray(result) ? result.at(-1) : result).rows;
  } finally {
    await client.end();
  }
}

async function fillSidekiq() {
  const { Redis } = await import('ioredis');
  const redis = new Redis(redisUrl);
  for (let at = 0; at < lines.length; at += 1_000) {
    const jobs = lines.slice(at, at + 1_000).flatMap((line, index) => {
      const job = `{"class":"IngestJob","jid":"j${at + index}","queue":"events","args":[${line}],"retry_count":25,"failed_at":1795000000.5,"error_class":"PG::NotNullViolation","error_message":"null value in column \\"occurred_at\\""}`;
      return [String(1_795_000_000 + at + index), job];
    });
    await redis.zadd(`${name}:dead`, ...jobs);
  }
  redis.disconnect();
}

async function clearSidekiq() {
  const { Redis } = await import('ioredis');
  const redis = new Redis(redisUrl);
  await redis.del(`${name}:dead`);
  redis.disconnect();
}

async function fillStaging() {
  await sql(
    database,
    `drop table if exists ${name}; create table ${name} (id bigserial primary key, payload jsonb, done boolean)`,
  );
  await sql(database, `insert into ${name} (payload) select unnest($1::jsonb[])`, [lines]);
}

async function fillNats() {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
  const connection = await connect({ servers: natsUrl });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name, subjects: [`${name}.dlq`] });
  await manager.consumers.add(name, { durable_name: 'bare', ack_policy: 'explicit' });
  const client = jetstream(connection);
  for (let at = 0; at < lines.length; at += 1_000) {
    await Promise.all(lines.slice(at, at + 1_000).map((line) => client.publish(`${name}.dlq`, line)));
  }
  await connection.drain();
}

async function clearNats() {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstreamManager } = await import('@nats-io/jetstream');
  const connection = await connect({ servers: natsUrl });
  await (await jetstreamManager(connection)).streams.delete(name);
  await connection.drain();
}
