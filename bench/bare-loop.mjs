// Reads messages of a queue and acknowledges them, and does nothing with them: node bench/bare-loop.mjs sidekiq|staging|nats <url> <name>.
const [, , kind, url, name] = process.argv;
const PAGE = 1_000;
const loops = { sidekiq, staging, nats };
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

async function staging() {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  let count = 0;
  for (;;) {
    await client.query('begin');
    const { rows } = await client.query(
      `select id, payload from ${name} where done is not true order by id limit ${PAGE} for update skip locked`,
    );
    if (rows.length > 0) {
      await client.query(`update ${name} set done = true where id = any($1::bigint[])`, [rows.map(({ id }) => id)]);
    }
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
