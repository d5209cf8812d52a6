import { readFile } from 'node:fs/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsAddress } from './address.js';
import { natsError } from './errors.js';

/** An open connection and the way to its streams. */
export interface Nats {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
}

/** Connects; the connection mends itself for two minutes when it breaks. */
export async function connectNats(address: NatsAddress): Promise<Nats> {
  const { label, servers, user, pass, token, creds, tls } = address;
  try {
    const { connect, credsAuthenticator } = await import('@nats-io/transport-node');
    const { jetstreamManager } = await import('@nats-io/jetstream');
    const connection = await connect({
      servers: [...servers],
      name: 'respool',
      maxReconnectAttempts: 60,
      reconnectTimeWait: 2_000,
      ...(user !== undefined && { user }),
      ...(pass !== undefined && { pass }),
      ...(token !== undefined && { token }),
      ...(creds !== undefined && { authenticator: credsAuthenticator(await readFile(creds)) }),
      ...(tls && { tls: {} }),
    });
    try {
      return { connection, manager: await jetstreamManager(connection) };
    } catch (error) {
      await connection.close();
      throw error;
    }
  } catch (cause) {
    throw natsError(label, 'connecting', cause);
  }
}
