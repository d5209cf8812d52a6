import { connect, createServer, type Socket } from 'node:net';

export interface TcpProxy extends AsyncDisposable {
  /** The database's URL through the proxy. */
  readonly url: string;
  /** Cuts the connection whose client next sends `text`: behind it when it is sent on, in front of it otherwise. */
  cutBehind(text: string, options?: { readonly forward?: boolean }): void;
  /**
   * From now on cuts a share of the connections whose client sends `text`, half of them behind it; `random` is between
   * 0 and 1. A share of 0 ends it.
   */
  cutOften(text: string, share: number, random: () => number): void;
  /** Passes nothing more on of the client that next sends `text`, behind it: as if the client stood still. */
  freezeBehind(text: string): void;
  /** How many clients stand still. */
  readonly frozen: number;
  /** Cuts every connection that is open now. */
  cutAll(): void;
  /** How often it has cut. */
  readonly cuts: number;
}

/** Stands between a client and a server, and cuts the line at a chosen word of the client's. */
export async function startProxy(target: string): Promise<TcpProxy> {
  const to = new URL(target);
  const sockets = new Set<Socket>();
  let fault: ((chunk: Buffer) => 'behind' | 'before' | undefined) | undefined;
  let cuts = 0;
  let freezing: string | undefined;
  let frozen = 0;
  const server = createServer((client) => {
    let isCut = false;
    let isFrozen = false;
    const upstream = connect(Number(to.port), to.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        if (!isCut) upstream.destroy();
      });
    }
    upstream.pipe(client);
    client.on('data', (chunk) => {
      if (isFrozen) return;
      if (freezing !== undefined && chunk.includes(freezing)) {
        isFrozen = true;
        freezing = undefined;
        frozen++;
      }
      const where = fault?.(chunk);
      if (where === undefined) {
        upstream.write(chunk);
        return;
      }
      cuts++;
      isCut = true;
      upstream.unpipe(client);
      client.destroy();
      if (where === 'behind') upstream.end(chunk);
      else upstream.destroy();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const url = new URL(target);
  url.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: url.href,
    cutBehind(text, { forward = true } = {}) {
      fault = (chunk) => {
        if (!chunk.includes(text)) return undefined;
        fault = undefined;
        return forward ? 'behind' : 'before';
      };
    },
    cutOften(text, share, random) {
      fault = (chunk) => {
        if (!chunk.includes(text) || random() >= share) return undefined;
        return random() < 0.5 ? 'behind' : 'before';
      };
    },
    freezeBehind(text) {
      freezing = text;
    },
    get frozen() {
      return frozen;
    },
    cutAll() {
      for (const socket of sockets) socket.destroy();
    },
    get cuts() {
      return cuts;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
