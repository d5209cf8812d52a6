import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How often, from 0 to 1, each fault happens. */
export interface SqsFaults {
  /** The request is carried out and its answer is lost. */
  readonly lostAnswers?: number;
  /** The answer is 503, and nothing was done. */
  readonly unavailable?: number;
  /** An entry of a delete comes back as `Failed`, and was not deleted. */
  readonly failedDeletes?: number;
  /** An entry of a delete comes back as `ReceiptHandleIsInvalid`, as on FIFO queues whose time-out has passed. */
  readonly expiredHandles?: number;
  /** A received message is given out again by a later receive, with the handle that it had. */
  readonly repeats?: number;
}

/** Stands between a client and an SQS server, and misbehaves as the service may. */
export interface FaultySqs extends AsyncDisposable {
  readonly endpoint: string;
  /** From now on. */
  misbehave(faults: SqsFaults): void;
  /** How often each fault has happened. */
  readonly happened: Readonly<Record<keyof SqsFaults, number>>;
}

interface Entry {
  readonly Id: string;
}

/** Opens the way to the server at `target`. @param random decides which requests are struck: a seed makes it repeatable. */
export async function startFaultySqs(target: string, random: () => number): Promise<FaultySqs> {
  let faults: SqsFaults = {};
  const happened = { lostAnswers: 0, unavailable: 0, failedDeletes: 0, expiredHandles: 0, repeats: 0 };
  const strikes = (name: keyof SqsFaults) => {
    const isStruck = random() < (faults[name] ?? 0);
    if (isStruck) happened[name]++;
    return isStruck;
  };
  let repeated: unknown[] = [];

  const deleteBatch = async (headers: Record<string, string>, text: string) => {
    const { Entries, ...rest } = JSON.parse(text) as { Entries: Entry[] }; // a request of the SDK
    const Failed: object[] = [];
    const passed = Entries.filter(({ Id }) => {
      if (strikes('failedDeletes'))
        Failed.push({ Id, SenderFault: false, Code: 'InternalError', Message: 'try again' });
      else if (strikes('expiredHandles'))
        Failed.push({
          Id,
          SenderFault: true,
          Code: 'ReceiptHandleIsInvalid',
          Message: 'The receipt handle has expired',
        });
      else return true;
      return false;
    });
    if (passed.length === 0) return { status: 200, body: JSON.stringify({ Successful: [], Failed }) };
    const { status, body } = await forward(target, headers, JSON.stringify({ ...rest, Entries: passed }));
    const answer = JSON.parse(body);
    return { status, body: JSON.stringify({ ...answer, Failed: [...(answer.Failed ?? []), ...Failed] }) };
  };
  const receive = async (headers: Record<string, string>, text: string) => {
    const { status, body } = await forward(target, headers, text);
    const answer = JSON.parse(body) as { Messages?: unknown[] }; // an answer of the server
    const again = repeated;
    repeated = (answer.Messages ?? []).filter(() => strikes('repeats'));
    const Messages = [...(answer.Messages ?? []), ...again];
    return { status, body: JSON.stringify(Messages.length === 0 ? answer : { ...answer, Messages }) };
  };
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const action = String(request.headers['x-amz-target']).split('.').at(-1);
    if (strikes('unavailable')) return reply(response, 503, '{"__type":"ServiceUnavailable","message":"busy"}');
    const headers = forwarded(request);
    const way = action === 'DeleteMessageBatch' ? deleteBatch : action === 'ReceiveMessage' ? receive : undefined;
    const answer = await (way?.(headers, text) ?? forward(target, headers, text));
    if (strikes('lostAnswers')) return void request.socket.destroy();
    return reply(response, answer.status, answer.body);
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a server that listens on TCP has one
  return {
    endpoint: `http://127.0.0.1:${port}`,
    misbehave(next) {
      faults = next;
    },
    happened,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forwarded({ headers }: IncomingMessage): Record<string, string> {
  const { host: _host, connection: _connection, 'content-length': _length, ...rest } = headers;
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, String(value)]));
}

async function forward(target: string, headers: Record<string, string>, body: string) {
  const { expect: _expect, ...sent } = headers;
  const answer = await fetch(target, { method: 'POST', headers: sent, body });
  return { status: answer.status, body: await answer.text() };
}

function reply(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(body);
}
