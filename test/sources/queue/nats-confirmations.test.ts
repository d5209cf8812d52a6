import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, describe, expect, test } from 'vitest';
import { openConfirmations } from '../../../src/sources/queue/nats/confirmations.js';
import { findService, startOwnService } from '../../support/services.js';

const service = await findService('nats');
const servers = `${service?.host}:${service?.port}`;
afterAll(() => service?.[Symbol.asyncDispose]());

/** Longer than a test may take: what ends before it has not waited for it. */
const NEVER_MS = 600_000;

async function open(timeoutMs: number, at = servers) {
  const connection = await connect({ servers: at });
  const confirmations = await openConfirmations(connection, timeoutMs);
  return { connection, ask: confirmations.ask, [Symbol.asyncDispose]: () => connection.close() };
}

describe.runIf(service !== undefined)('confirmations', () => {
  test('exactly what JetStream has confirmed is confirmed, and it holds it no more', async () => {
    await using asking = await open(NEVER_MS);
    const { connection, ask } = asking;
    const manager = await jetstreamManager(connection);
    const stream = `dlq_${randomUUID().slice(0, 8)}`;
    await manager.streams.add({ name: stream, subjects: [`respool.${stream}`] });
    await manager.consumers.add(stream, { durable_name: 'it', ack_policy: 'explicit' });
    const client = jetstream(connection);
    await Promise.all(Array.from({ length: 300 }, (_, n) => client.publish(`respool.${stream}`, `${n}`)));
    const handles: string[] = [];
    for await (const message of await (await client.consumers.get(stream, 'it')).fetch({ max_messages: 300 })) {
      handles.push((message as unknown as { reply: string }).reply);
    }
    const nobody = '$JS.ACK.nowhere.it.1.1.1.1.0';
    const [first, second] = await Promise.all([
      ask([...handles.slice(0, 100), nobody]),
      ask([nobody, ...handles.slice(100, 250)]),
    ]);

    expect(first).toEqual([...Array.from({ length: 100 }, () => true), false]);
    expect(second).toEqual([false, ...Array.from({ length: 150 }, () => true)]);
    expect(await manager.consumers.info(stream, 'it')).toMatchObject({ num_ack_pending: 50 });
    await manager.streams.delete(stream);
  });

  test('what is not answered is not confirmed, whatever becomes of its neighbours', async () => {
    await using asking = await open(1_000);
    await using server = await open(NEVER_MS);
    const subject = `acks_${randomUUID()}`;
    server.connection.subscribe(`${subject}.*`, {
      callback(_error, message) {
        const isLost = message.subject.endsWith('.3');
        // An answer that comes twice stands for no other one.
        if (!isLost) for (let n = 0; n < 2; n++) message.respond();
      },
    });
    await server.connection.flush();

    const answers = await asking.ask(Array.from({ length: 6 }, (_, n) => `${subject}.${n}`));
    expect(answers).toEqual([true, true, true, false, true, true]);
    // What comes of an earlier round is nothing to a later one.
    expect(await asking.ask([`${subject}.3`, `${subject}.4`])).toEqual([false, true]);
  });

  test('with the connection gone nothing is waited for, and nothing is confirmed', async () => {
    await using asking = await open(NEVER_MS);
    await using server = await open(NEVER_MS);
    const subject = `acks_${randomUUID()}`;
    const asked = new Promise((resolve) => {
      server.connection.subscribe(subject, { callback: resolve });
    });
    await server.connection.flush();
    const answers = asking.ask([subject, subject]);
    await asked;
    await asking.connection.close();

    expect(await answers).toEqual([false, false]);
    expect(await asking.ask([subject])).toEqual([false]);
  });

  test('what the server refuses to take is known at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'respool-nats-rights-'));
    const rights = 'publish: { deny: ["refused.>"] }';
    const users = `users: [{ user: "all", password: "x" }, { user: "some", password: "x", permissions: { ${rights} } }]`;
    await writeFile(join(folder, 'nats.conf'), `authorization { ${users} }`);
    {
      await using own = await startOwnService('nats', ['-c', join(folder, 'nats.conf')]);
      if (own === undefined) throw new Error('nats-server is not on the PATH');
      const server = await connect({ servers: `${own.host}:${own.port}`, user: 'all', pass: 'x' });
      server.subscribe('*.*', { callback: (_error, message) => void message.respond() });
      await server.flush();
      const connection = await connect({ servers: `${own.host}:${own.port}`, user: 'some', pass: 'x' });
      const { ask } = await openConfirmations(connection, NEVER_MS);

      expect(await ask(['taken.1', 'refused.1', 'taken.2', 'refused.2'])).toEqual([true, false, true, false]);
      await connection.close();
      await server.close();
    }
    await rm(folder, { recursive: true });
  });
});
