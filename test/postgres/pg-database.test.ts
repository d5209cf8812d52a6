import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { openPgDatabase } from '../../src/postgres/pg-database.js';
import { kindOf } from '../../src/postgres/sql-error.js';

const AUTHENTICATED = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

function fatal(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.from([0x45, 0, 0, 0, 0]);
  head.writeUInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}

test('a server that ends a session with the packet that opens it ends no process', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([AUTHENTICATED, READY, fatal('57P01', 'shutting down')])));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  const config = { host: '127.0.0.1', port, user: 'u', database: 'd' };
  await using database = openPgDatabase({ config, label: 'd', sessions: 1 });

  const failure = await database
    .use((connection) => connection.rows('select 1'), new AbortController().signal)
    .then(
      () => undefined,
      (error: unknown) => error,
    );

  expect(kindOf(failure)).toBe('wait');
  server.close();
});
