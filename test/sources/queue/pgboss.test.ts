import { afterAll, describe, expect, test } from 'vitest';
import { PG_BOSS_VERSIONS, startPgBoss } from '../../support/pg-boss.js';
import { createDatabase, type TestDatabase } from '../../support/postgres.js';
import { type QueueUnderTest, queueContract } from '../queue-contract.js';
import { drain, openQueueOf } from './draining.js';

interface Jobs extends QueueUnderTest {
  /** The queue whose jobs fail. */
  readonly origin: string;
  /** The queue that their copies go to. */
  readonly dead: string;
}

const signal = new AbortController().signal;

describe.each(PG_BOSS_VERSIONS)('pg-boss %i', async (version) => {
  const server = await createDatabase();
  const boss = await startPgBoss(version, server.url);
  let made = 0;
  afterAll(async () => {
    await boss[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** A queue whose jobs fail and go to a dead-letter queue, made and failed by pg-boss itself. */
  async function jobs(role: 'origin' | 'dead'): Promise<Jobs> {
    const origin = `orders-${++made}`;
    const dead = `${origin}-dead`;
    await boss.createQueue(dead);
    await boss.createQueue(origin, { name: origin, deadLetter: dead, retryLimit: 0 });
    const queue = role === 'dead' ? dead : origin;
    return {
      origin,
      dead,
      address: `pgboss:${queue}`,
      env: environmentOf(server),
      async send(bodies) {
        for (const body of bodies) await boss.send(origin, JSON.parse(body));
        for (const { id } of await boss.fetch(origin, { batchSize: bodies.length })) {
          await boss.fail(origin, id, new RangeError('boom'));
        }
      },
      waiting: () => rowsIn(queue, `state in ('created', 'retry', 'failed')`),
      async [Symbol.asyncDispose]() {},
    };
  }

  async function rowsIn(queue: string, condition = 'true'): Promise<number> {
    const sql = `select count(*)::int as n from pgboss.job where name = $1 and ${condition}`;
    const [row] = await server.query(sql, [queue]);
    return Number(row?.n);
  }

  queueContract(`pgboss: (failed jobs of ${version})`, () => jobs('origin'), { rewritesJson: true });
  queueContract(`pgboss: (a dead-letter queue of ${version})`, () => jobs('dead'), { rewritesJson: true });

  test('a letter tells what pg-boss knows of a failed job, from the job and from its copy', async () => {
    await using failed = await jobs('origin');
    await failed.send(['{"n":1}']);
    await server.query(`update pgboss.job set data = '{"n":12345678901234567890}' where name in ($1, $2)`, [
      failed.origin,
      failed.dead,
    ]);
    const copy = { ...failed, address: `pgboss:${failed.dead}` };
    const said = { kind: 'pgboss', error: { class: 'RangeError', message: 'boom' }, deliveries: 1 };

    const [ofJob] = (await drain(failed, 'take', { keep: true })).letters;
    const [ofCopy] = (await drain(copy, 'take', { keep: true })).letters;
    expect(ofJob).toMatchObject({ ...said, queue: failed.origin, origin: failed.origin });
    expect(ofJob?.body).toBe('{"n": 12345678901234567890}');
    expect(ofCopy).toMatchObject({ ...said, queue: failed.dead, body: ofJob?.body });
  });

  test.runIf(version >= 12)('a failed job and its copy are one letter: both have the id of the first job', async () => {
    await using failed = await jobs('origin');
    await failed.send(['{"n":1}', '{"n":2}']);
    const ids = async (queue: string) =>
      (await drain({ ...failed, address: `pgboss:${queue}` }, 'take', { keep: true })).letters
        .map(({ id }) => String(id))
        .toSorted();
    const rows = await server.query('select id from pgboss.job where name = $1 order by id', [failed.origin]);

    expect(await ids(failed.origin)).toEqual(rows.map(({ id }) => id));
    expect(await ids(failed.dead)).toEqual(rows.map(({ id }) => id));
    expect((await drain({ ...failed, address: `pgboss:${failed.dead}` }, 'take')).letters).toMatchObject([
      { origin: failed.origin },
      { origin: failed.origin },
    ]);
  });

  test.runIf(version < 12)('it says that a failed job and its copy are not linked', async () => {
    await using dead = await jobs('dead');
    await dead.send(['{"n":1}']);
    await using source = await openQueueOf(dead);

    expect(source.notes).toContainEqual(expect.stringContaining('does not link a dead letter'));
  });

  test('a job that was retried in the meantime is not removed', async () => {
    await using failed = await jobs('origin');
    await failed.send(['{"n":1}', '{"n":2}']);
    await using source = await openQueueOf(failed);
    for await (const batch of source.batches([], signal)) {
      if (batch.kind === 'failure') throw batch.error;
      // The session that holds the rows breaks, and a person retries a job before the answer of the sinks is there.
      await server.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'`,
      );
      const [job] = await server.query('select id from pgboss.job where name = $1 order by id', [failed.origin]);
      await boss.retry(failed.origin, String(job?.id));
      await batch.settle({ takenLines: [0, 1], quarantinedLines: [] });
    }

    expect(await rowsIn(failed.origin, `state = 'retry'`)).toBe(1);
    expect(await rowsIn(failed.origin)).toBe(1);
  });

  test('a job that waits in an ordinary queue is not taken, and a queue that is not there is named', async () => {
    await using failed = await jobs('origin');
    await failed.send(['{"n":1}']);
    await boss.send(failed.origin, { n: 2 });

    expect((await drain(failed, 'take')).letters).toMatchObject([{ body: '{"n": 1}' }]);
    expect(await rowsIn(failed.origin, `state = 'created'`)).toBe(1);
    await expect(openQueueOf({ address: `pgboss:${failed.origin}x`, env: failed.env })).rejects.toMatchObject({
      code: 'source_not_found',
      hint: `did you mean "${failed.origin}"?`,
    });
  });

  test('the first letter that pg-boss will delete is known', async () => {
    await using dead = await jobs('dead');
    await dead.send(['{"n":1}']);
    await server.query(`update pgboss.job set keep_until = '2099-01-20T00:00:00Z' where name = $1`, [dead.dead]);
    await using source = await openQueueOf(dead);

    expect(source.standing).toMatchObject({ ready: 1, firstExpiresMs: Date.parse('2099-01-20T00:00:00Z') });
  });
});

/** The server as `pgboss:` finds it. */
function environmentOf({ url }: TestDatabase): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const names = {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: password,
    PGDATABASE: pathname.slice(1),
  };
  return Object.fromEntries(Object.entries(names).filter(([, value]) => value !== ''));
}
