// Reads messages of a queue and acknowledges them, and does nothing with them: node bench/bare-loop.mjs sqs|rabbitmq|sidekiq|bullmq|staging|pgboss|nats <url> <name>.
const [, , kind, url, name] = process.argv;
const PAGE = 1_000;
const loops = { sqs, rabbitmq, sidekiq, bullmq, staging, pgboss, nats };
process.stdout.write(`${await loops[kind]()}\n`);

async function sidekiq() {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url);
  let count = 0;
  for (;;) {
    const jobs = await redis.zrangeBuffer(`${name}:dead`, 0, PAGE - 1);
    if (jobs.length === 0) break;
    await redis.zrem(`${name}:dead`, ...jobs);
    count += jobs.length;
  }
  redis.disconnect();
  return count;
}

/** Four loops at once, as many as respool polls with. */
async function sqs() {
  const sdk = await import('@aws-sdk/client-sqs');
  const client = new sdk.SQSClient({ endpoint: url, region: 'us-east-1' });
  const { QueueUrl } = await client.send(new sdk.GetQueueUrlCommand({ QueueName: name }));
  const ask = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1, MessageSystemAttributeNames: ['All'] };
  const loop = async () => {
    for (let count = 0; ; ) {
      const { Messages = [] } = await client.send(new sdk.ReceiveMessageCommand(ask));
      if (Messages.length === 0) return count;
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }));
      await client.send(new sdk.DeleteMessageBatchCommand({ QueueUrl, Entries }));
      count += Messages.length;
    }
  };
  const counts = await Promise.all([loop(), loop(), loop(), loop()]);
  client.destroy();
  return counts.reduce((sum, count) => sum + count);
}

async function rabbitmq() {
  const { connect } = await import('amqplib');
  const connection = await connect(url);
  const channel = await connection.createChannel();
  await channel.prefetch(PAGE);
  const { messageCount } = await channel.checkQueue(name);
  let count = 0;
  await new Promise((resolve) => {
    void channel.consume(name, (message) => {
      if (++count % 200 === 0 || count === messageCount) channel.ack(message, true);
      if (count === messageCount) resolve();
    });
  });
  await channel.checkQueue(name);
  await connection.close();
  return count;
}

async function bullmq() {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url);
  const key = (id) => `${name}:orders:${id}`;
  let count = 0;
  for (;;) {
    const ids = await redis.zrange(`${name}:orders:failed`, 0, PAGE - 1);
    if (ids.length === 0) break;
    const read = redis.pipeline();
    for (const id of ids) read.hgetall(key(id));
    await read.exec();
    await redis
      .pipeline()
      .zrem(`${name}:orders:failed`, ...ids)
      .del(...ids.map(key))
      .exec();
    count += ids.length;
  }
  redis.disconnect();
  return count;
}

function staging() {
  return ofTable({
    page: `select id, payload from ${name} where done is not true order by id limit ${PAGE} for update skip locked`,
    remove: `update ${name} set done = true where id = any($1::bigint[])`,
  });
}

function pgboss() {
  return ofTable({
    page: `select id, data from pgboss.job where name = 'orders' and state = 'failed' limit ${PAGE} for update skip locked`,
    remove: `delete from pgboss.job where name = 'orders' and id = any($1::uuid[])`,
  });
}

async function ofTable({ page, remove }) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let count = 0;
  for (;;) {
    await client.query('begin');
    const { rows } = await client.query(page);
    if (rows.length > 0) await client.query(remove, [rows.map(({ id }) => id)]);
    await client.query('commit');
    if (rows.length === 0) break;
    count += rows.length;
  }
  await client.end();
  return count;
}

async function nats() {
  const { connect } = await import('@nats-io/transport-node');
  const { jetstream } = await import('@nats-io/jetstream');
  const connection = await connect({ servers: url });
  const consumer = await jetstream(connection).consumers.get(name, 'bare');
  let count = 0;
  for (;;) {
    const messages = [];
    for await (const message of await consumer.fetch({ max_messages: PAGE, expires: 1_000 })) messages.push(message);
    await Promise.all(messages.map((message) => message.ackAck()));
    count += messages.length;
    if (messages.length < PAGE) break;
  }
  await connection.drain();
  return count;
}
