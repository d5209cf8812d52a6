import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Fault, Faults } from './faults.js';

/** A request that has arrived whole. */
export interface Received {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  /** As it came over the wire. */
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A service of our own that can be told to misbehave. */
export interface StandInServer extends AsyncDisposable {
  /** `http://127.0.0.1:49152` */
  readonly url: string;
  /** Requests that arrived, those with faults included. */
  readonly requests: number;
  /** Connections that were opened. */
  readonly connections: number;
  /** Most requests that were under way at once. */
  readonly busiest: number;
  /** From now on; undefined ends all faults. */
  misbehave(faults: Faults | undefined): void;
}

interface ServerOptions {
  readonly faults?: Faults | undefined;
  /** Key and certificate; with them it speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** 0 takes a free one. */
  readonly port?: number;
  /** What its answers say the time is. */
  readonly now?: () => number;
}

/** Starts a server on a port of its own that answers with what `handle` gives. */
export async function startServer(
  handle: (request: Received) => Reply | Promise<Reply>,
  { faults, tls, port = 0, now = Date.now }: ServerOptions = {},
): Promise<StandInServer> {
  let decide = faults;
  let requests = 0;
  let connections = 0;
  let inside = 0;
  let busiest = 0;
  const listener = (message: IncomingMessage, response: ServerResponse) => {
    requests++;
    busiest = Math.max(busiest, ++inside);
    response.on('close', () => inside--);
    response.setHeader('date', new Date(now()).toUTCString());
    answer(message, response, { handle, fault: decide?.() }).catch(() => message.socket.destroy());
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.on('connection', () => connections++);
  // As load balancers have it: a server that has no time must not cut connections that were just used.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: taken } = server.address() as AddressInfo; // a server that listens on TCP has one
  return {
    url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${taken}`,
    get requests() {
      return requests;
    },
    get connections() {
      return connections;
    },
    get busiest() {
      return busiest;
    },
    misbehave(next) {
      decide = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server with more to look at. */
export function over<More extends object>(server: StandInServer, more: More): StandInServer & More {
  return Object.create(server, Object.getOwnPropertyDescriptors(more)) as StandInServer & More; // what is not in `more` is inherited
}

interface Way {
  readonly handle: (request: Received) => Reply | Promise<Reply>;
  readonly fault: Fault | undefined;
}

async function answer(message: IncomingMessage, response: ServerResponse, { handle, fault }: Way): Promise<void> {
  if (fault?.kind === 'reset') {
    message.socket.resetAndDestroy();
    return;
  }
  const body = await bodyOf(message);
  if (fault?.kind === 'answer') {
    response.writeHead(fault.status, fault.headers ?? {}).end(fault.body ?? '');
    return;
  }
  const request = {
    method: message.method ?? '',
    url: new URL(message.url ?? '/', 'http://x'),
    headers: message.headers,
    body,
  };
  const reply = await handle(request);
  if (fault?.kind === 'silent') return;
  if (fault?.kind === 'answer-lost') {
    message.socket.resetAndDestroy();
    return;
  }
  if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
  const length = Buffer.byteLength(reply.body);
  response.writeHead(reply.status, { ...reply.headers, 'content-length': String(length) });
  if (fault?.kind !== 'answer-cut') {
    response.end(reply.body);
    return;
  }
  response.write(reply.body.slice(0, Math.floor(reply.body.length / 2)), () => message.socket.resetAndDestroy());
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer); // no encoding is set
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}
