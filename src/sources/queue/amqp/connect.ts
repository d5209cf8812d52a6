import { readFile } from 'node:fs/promises';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import type { AmqpAddress } from './address.js';
import { amqpError } from './errors.js';

/** A connection with the one channel that messages are received and acknowledged on. */
export interface AmqpSession {
  readonly channel: ConfirmChannel;
  readonly connection: ChannelModel;
  readonly serverVersion: string;
  /** Why the channel is closed; undefined while it is open. Everything that was unacknowledged is back in the queue then. */
  readonly closedBy: () => unknown;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 15_000;

/**
 * Connects to a server and opens a channel.
 * @throws CannotEvaluateError `source_permission_denied`, IncompleteError `queue_unreachable`.
 */
export async function connectAmqp({ connection: options, label, ca }: AmqpAddress): Promise<AmqpSession> {
  const { connect } = await import('amqplib');
  try {
    const connection = await connect(options, {
      timeout: CONNECT_TIMEOUT_MS,
      servername: options.hostname,
      clientProperties: { connection_name: 'respool' },
      ...(ca !== undefined && { ca: [await readFile(ca)] }),
    });
    let closed: unknown;
    const close = (error?: unknown) => {
      closed ??= error ?? new Error('the connection was closed');
    };
    // An error without a listener would end the process.
    connection.on('error', close).on('close', close);
    const channel = await connection.createConfirmChannel();
    channel.on('error', close).on('close', close);
    return {
      channel,
      connection,
      serverVersion: versionOf(connection),
      closedBy: () => closed,
      async close() {
        await connection.close().catch(() => {});
      },
    };
  } catch (error) {
    throw amqpError(error, label);
  }
}

function versionOf(model: ChannelModel): string {
  const { serverProperties } = model.connection;
  return String(serverProperties.version ?? '');
}
