import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHttpClient } from '../../../src/sinks/http/client.js';
import { startServer } from '../../stand-ins/server.js';
import { folderWith } from '../../support/cli.js';

const signal = new AbortController().signal;
const get = { method: 'GET', path: '/', headers: {} } as const;
const hello = () => ({ status: 200, body: 'hello' });

describe('a server with a certificate of its own', () => {
  let folder: Awaited<ReturnType<typeof folderWith>>;
  let tls: { readonly key: string; readonly cert: string };
  beforeAll(async () => {
    folder = await folderWith();
    const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    spawnSync('openssl', ['req', '-x509', ...curve, '-nodes', '-keyout', key, '-out', cert, '-days', '2', ...subject]);
    tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  test('is not trusted, and trying again is no use', async () => {
    await using server = await startServer(hello, { tls });
    await using client = await openHttpClient({ origin: server.url, connections: 1, env: {} });
    expect(await client.send(get, signal)).toMatchObject({ kind: 'not-sent', isLasting: true });
    expect(server.requests).toBe(0);
  });

  test('is trusted once its certificate is named', async () => {
    await using server = await startServer(hello, { tls });
    await using client = await openHttpClient({
      ...{ origin: server.url, connections: 1, env: {} },
      ca: join(folder.path, 'cert.pem'),
    });
    expect(await client.send(get, signal)).toMatchObject({ status: 200, body: 'hello' });
  });

  test('cannot be named by a file that is not there', async () => {
    const opening = openHttpClient({ origin: 'https://x', connections: 1, env: {}, ca: join(folder.path, 'no.pem') });
    await expect(opening).rejects.toMatchObject({ code: 'bad_certificate' });
  });

  test('is reached through the proxy that the environment names, unless it is left out there', async () => {
    await using server = await startServer(hello, { tls });
    const tunnels: string[] = [];
    const proxy = createServer().on('connect', (request, socket, head) => {
      tunnels.push(request.url ?? '');
      const [host = '', port] = (request.url ?? '').split(':');
      const upstream = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        upstream.write(head);
        upstream.pipe(socket).pipe(upstream);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const HTTPS_PROXY = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`; // it listens on TCP
    const ask = async (env: Record<string, string>) => {
      await using client = await openHttpClient({
        origin: server.url,
        connections: 1,
        env,
        ca: join(folder.path, 'cert.pem'),
      });
      return await client.send(get, signal);
    };
    expect(await ask({ HTTPS_PROXY })).toMatchObject({ status: 200, body: 'hello' });
    expect(tunnels).toEqual([server.url.replace('https://', '')]);
    expect(await ask({ HTTPS_PROXY, NO_PROXY: '127.0.0.1' })).toMatchObject({ status: 200 });
    expect(tunnels).toHaveLength(1);
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
});
