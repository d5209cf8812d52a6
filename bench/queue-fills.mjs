// Queues of dead letters on local servers for bench/queues.mjs: how each is filled, cleared and called.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';

const PAGE = 1_000;

/** `name` is that of every queue; each has `url` (of its server), `address` (for respool), `fill` and, where needed, `clear` and `env`. */
export async function openQueues({ name, lines, database, redisUrl, natsUrl, amqpUrl }) {
  const server = pgEnvironment(database);
  const jobs = lines.map(
    (line, index) =>
      `{"class":"IngestJob","jid":"j${index}","queue":"events","args":[${line}],"retry_count":25,"failed_at":1795000000.5,"error_class":"PG::NotNullViolation","error_message":"null value in column \\"occurred_at\\""}`,
  );
  return {
    sqs: sqsQueue(name, lines),
    rabbitmq: {
      url: amqpUrl,
      address: `${amqpUrl}/?queue=${name}`,
      fill: () => fillRabbit(amqpUrl, name, lines),
      clear: () => withRabbit(amqpUrl, (channel) => channel.deleteQueue(name)),
    },
    sidekiq: {
      url: redisUrl,
      address: `sidekiq:dead?namespace=${name}`,
      env: { REDIS_URL: redisUrl },
      fill: () =>
        withRedis(redisUrl, (redis) =>
          eachPage(jobs, (page, at) =>
            redis.zadd(`${name}:dead`, ...page.flatMap((job, i) => [`${1_795_000_000 + at + i}`, job])),
          ),
        ),
    },
    bullmq: {
      url: redisUrl,
      address: `bullmq:orders?prefix=${name}`,
      env: { REDIS_URL: redisUrl },
      fill: () => withRedis(redisUrl, (redis) => eachPage(lines, (page, at) => addFailed(redis, name, { page, at }))),
      // Each removal is told in the stream of events, as BullMQ itself tells it.
      clear: () => withRedis(redisUrl, (redis) => redis.del(`${name}:orders:events`)),
    },
    staging: {
      url: database,
      address: `${database}?table=${name}&processed=done`,
      fill: () => fillStaging(database, name, lines),
    },
    pgboss: { url: database, address: 'pgboss:orders', env: server, fill: () => fillPgBoss(database, lines) },
    nats: {
      url: natsUrl,
      address: `nats://${natsUrl}/${name}`,
      fill: () => withNats(natsUrl, (nats) => fillNats(nats, name, lines)),
      clear: () => withNats(natsUrl, async ({ manager }) => (await manager()).streams.delete(name)),
    },
  };
}

export async function sql(url, text, values) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query(text, values);
    return (Array.isArray(result) ? result.at(-1) : result).rows;
  } finally {
    await client.end();
  }
}

async function eachPage(items, work) {
  for (let at = 0; at < items.length; at += PAGE) await work(items.slice(at, at + PAGE), at);
}

/** fauxqs in a process of its own: a queue that two processes share the time of would be measured wrongly. */
function sqsQueue(name, lines) {
  let server;
  const env = {
    AWS_ACCESS_KEY_ID: 'x',
    AWS_SECRET_ACCESS_KEY: 'x',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  const queue = {
    url: '',
    address: `sqs:${name}?wait=1`,
    env,
    async fill() {
      await queue.stop();
      const code = `import { startFauxqs } from 'fauxqs'; const { port } = await startFauxqs({ port: 0, logger: false }); console.log(port);`;
      server = spawn('node', ['--input-type=module', '-e', code], {
        cwd: import.meta.dirname,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [port] = await once(server.stdout, 'data');
      queue.url = env.AWS_ENDPOINT_URL_SQS = `http://127.0.0.1:${String(port).trim()}`;
      await fillSqs(queue.url, name, lines);
    },
    async stop() {
      if (server === undefined) return;
      const gone = once(server, 'close');
      server.kill();
      await gone;
      server = undefined;
    },
  };
  return queue;
}

async function fillSqs(endpoint, name, lines) {
  const sdk = await import('@aws-sdk/client-sqs');
  const client = new sdk.SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  const { QueueUrl } = await client.send(new sdk.CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await client.send(
    new sdk.GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount: 3 });
  await client.send(new sdk.CreateQueueCommand({ QueueName: `${name}_live`, Attributes: { RedrivePolicy } }));
  await eachPage(lines, (page) =>
    Promise.all(
      Array.from({ length: PAGE / 10 }, (_, n) => page.slice(n * 10, n * 10 + 10))
        .filter((some) => some.length > 0)
        .map((some) =>
          client.send(
            new sdk.SendMessageBatchCommand({
              QueueUrl,
              Entries: some.map((MessageBody, i) => ({ Id: `${i}`, MessageBody })),
            }),
          ),
        ),
    ),
  );
  client.destroy();
}

async function withRabbit(url, work) {
  const { connect } = await import('amqplib');
  const connection = await connect(url);
  await work(await connection.createConfirmChannel());
  await connection.close();
}

function fillRabbit(url, name, lines) {
  const headers = { 'x-death': [{ reason: 'rejected', queue: 'orders', count: 1 }] };
  return withRabbit(url, async (channel) => {
    await channel.assertQueue(name, { durable: true });
    await eachPage(lines, async (page, at) => {
      for (const [index, line] of page.entries()) {
        channel.sendToQueue(name, Buffer.from(line), { persistent: true, messageId: `m${at + index}`, headers });
      }
      await channel.waitForConfirms();
    });
  });
}

async function withRedis(url, work) {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url);
  await work(redis);
  redis.disconnect();
}

/** Jobs as BullMQ 5 leaves them when they have failed for good. */
async function addFailed(redis, prefix, { page, at }) {
  const pipeline = redis.pipeline();
  for (const [index, line] of page.entries()) {
    const id = `${at + index + 1}`;
    const fields = {
      name: 'ingest',
      data: line,
      opts: '{"attempts":1}',
      timestamp: '1795000000000',
      finishedOn: '1795000001000',
      atm: '1',
    };
    pipeline.hset(`${prefix}:orders:${id}`, { ...fields, failedReason: 'boom', stacktrace: '["TypeError: boom"]' });
    pipeline.zadd(`${prefix}:orders:failed`, 1_795_000_001_000 + at + index, id);
  }
  await pipeline.exec();
}

async function fillStaging(database, name, lines) {
  await sql(
    database,
    `drop table if exists ${name}; create table ${name} (id bigserial primary key, payload jsonb, done boolean)`,
  );
  await eachPage(lines, (page) => sql(database, `insert into ${name} (payload) select unnest($1::jsonb[])`, [page]));
}

async function fillPgBoss(database, lines) {
  const { default: PgBoss } = await import('pg-boss');
  const boss = new PgBoss({ connectionString: database, supervise: false, schedule: false });
  boss.on('error', () => {});
  await boss.start();
  await boss.createQueue('orders', { name: 'orders', retryLimit: 0 });
  await boss.stop({ graceful: false });
  await eachPage(lines, (page) =>
    sql(
      database,
      `insert into pgboss.job (name, data, state, output, completed_on) select 'orders', line, 'failed', '{"name":"TypeError","message":"boom"}', now() from unnest($1::jsonb[]) line`,
      [page],
    ),
  );
}

async function withNats(servers, work) {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstream, jetstreamManager } = await import('@nats-io/jetstream');
  const connection = await connect({ servers });
  await work({ manager: () => jetstreamManager(connection), client: jetstream(connection) });
  await connection.drain();
}

async function fillNats({ manager, client }, name, lines) {
  const { streams, consumers } = await manager();
  await streams.add({ name, subjects: [`${name}.dlq`] });
  await consumers.add(name, { durable_name: 'bare', ack_policy: 'explicit' });
  await eachPage(lines, (page) => Promise.all(page.map((line) => client.publish(`${name}.dlq`, line))));
}

function pgEnvironment(database) {
  const { hostname, port, username, password, pathname } = new URL(database);
  const env = { PGHOST: hostname, PGPORT: port, PGUSER: username, PGPASSWORD: password, PGDATABASE: pathname.slice(1) };
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}
