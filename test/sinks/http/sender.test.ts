import { describe, expect, test } from 'vitest';
import { openHttpClient } from '../../../src/sinks/http/client.js';
import { createSender, type SenderOptions } from '../../../src/sinks/http/sender.js';
import { always, type Fault, type Faults, scripted } from '../../stand-ins/faults.js';
import { startServer } from '../../stand-ins/server.js';
import { freePort } from '../../support/free-port.js';

const signal = new AbortController().signal;
const busy = (status: number, headers = {}, body = '{}'): Fault => ({ kind: 'answer', status, headers, body });

/** A sender in a hurry, and the service it speaks to, which remembers what it was sent. */
async function open(faults?: Faults, options: Partial<SenderOptions> = {}) {
  const bodies: string[] = [];
  const server = await startServer(
    ({ body }) => {
      bodies.push(body.toString());
      return { status: 200, body: '{"code":200}' };
    },
    { faults },
  );
  const client = await openHttpClient({ origin: server.url, connections: 8, env: {}, timeoutMs: 300 });
  const waits: string[] = [];
  const sender = createSender({
    client,
    label: 'service',
    backoff: { firstMs: 5, longestMs: 20, jitter: 'half' },
    resendsLost: true,
    mostAtOnce: 8,
    retryForMs: 2_000,
    refusedHint: 'look at the key',
    onWait: (note) => waits.push(note),
    ...options,
  });
  const send = (text = 'hello') =>
    sender.send(
      { request: { method: 'POST', path: '/in', headers: {}, body: Buffer.from(text) }, events: 1, bytes: text.length },
      signal,
    );
  const close = async () => {
    await client[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  };
  return { server, sender, send, bodies, waits, [Symbol.asyncDispose]: close };
}

describe('a request', () => {
  test.each([408, 429, 500, 502, 503, 504, 599])('is sent again, byte for byte, behind a status %i', async (status) => {
    await using t = await open(scripted(busy(status), busy(status, {}, '<html><title>oops</title></html>')));
    expect(await t.send()).toMatchObject({ kind: 'answer', status: 200 });
    expect(t.server.requests).toBe(3);
    expect(t.waits).toEqual([expect.stringContaining(`status ${status}`), expect.stringContaining('(oops)')]);
  });

  test.each([200, 202, 400, 413, 414, 422])('is answered for good by a status %i', async (status) => {
    await using t = await open(scripted(busy(status)));
    expect(await t.send()).toMatchObject({ kind: 'answer', status });
    expect(t.server.requests).toBe(1);
  });

  test.each(['reset', 'answer-lost', 'answer-cut', 'silent'] as const)(
    'is sent again when its answer was lost (%s) and that is harmless',
    async (kind) => {
      await using t = await open(scripted({ kind }));
      expect(await t.send('same')).toMatchObject({ kind: 'answer', status: 200 });
      expect(new Set(t.bodies)).toEqual(new Set(['same']));
      expect(t.server.requests).toBe(2);
    },
  );

  test.each(['reset', 'answer-lost', 'answer-cut', 'silent'] as const)(
    'has an unknown fate when its answer was lost (%s) and sending it again would double it',
    async (kind) => {
      await using t = await open(scripted({ kind }), { resendsLost: false });
      expect(await t.send()).toMatchObject({ kind: 'lost' });
      expect(t.server.requests).toBe(1);
    },
  );

  test('waits for as long as Retry-After asks', async () => {
    await using t = await open(scripted(busy(429, { 'retry-after': '1' })));
    const startMs = performance.now();
    await t.send();
    expect(performance.now() - startMs).toBeGreaterThan(950);
  });

  test.each<Fault>([
    busy(429, { 'retry-after': '1' }),
    busy(200, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' }),
  ])('waits, too, when another one was asked to (%#)', async (asked) => {
    await using t = await open(scripted(asked));
    const startMs = performance.now();
    const first = t.send();
    while (t.server.requests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.all([t.send(), t.send()]);
    expect(performance.now() - startMs).toBeGreaterThan(950);
    await first;
    expect(t.server.requests).toBe(asked.kind === 'answer' && asked.status === 429 ? 4 : 3);
  });

  test('is not sent when it has become stale', async () => {
    await using t = await open(always(busy(503)));
    let asked = 0;
    const request = { method: 'POST', path: '/', headers: {} } as const;
    const load = { request, events: 1, bytes: 0, isStale: () => ++asked > 2 };
    expect(await t.sender.send(load, signal)).toEqual({ kind: 'stale' });
    expect(t.server.requests).toBe(2);
  });

  test('that stays refused while others succeed is given up without ending the sink', async () => {
    let turn = 0;
    await using t = await open(() => (++turn % 2 === 1 ? busy(500) : undefined), { retryForMs: 120, mostAtOnce: 1 });
    const all = await Promise.all(Array.from({ length: 30 }, () => t.send()));
    expect(all.at(-1)).toMatchObject({ status: 200 });
  });
});

describe('the sink is dead', () => {
  test.each([401, 403])('at once for all requests behind a status %i', async (status) => {
    await using t = await open(always(busy(status, {}, '{"error":"Invalid credentials"}')));
    await expect(t.send()).rejects.toMatchObject({
      name: 'SinkUnavailableError',
      cure: 'mend',
      message: expect.stringContaining('Invalid credentials'),
    });
    await expect(t.send()).rejects.toMatchObject({ cure: 'mend' });
    expect(t.server.requests).toBe(1);
  });

  test('when nothing succeeds for long enough', async () => {
    await using t = await open(always(busy(503)), { retryForMs: 150 });
    await expect(t.send()).rejects.toMatchObject({ name: 'SinkUnavailableError', cure: 'wait' });
  });

  test('when it asks for a longer pause than there is patience', async () => {
    await using t = await open(always(busy(429, { 'x-ratelimit-reset': '3600' })));
    await expect(t.send()).rejects.toThrow(/pause of 3600 s/u);
  });

  test('when nobody listens, and nothing was sent', async () => {
    const port = await freePort();
    await using client = await openHttpClient({ origin: `http://127.0.0.1:${port}`, connections: 1, env: {} });
    await using t = await open(undefined, { client, retryForMs: 60, resendsLost: false });
    await expect(t.send()).rejects.toMatchObject({ cure: 'wait', message: expect.stringContaining('ECONNREFUSED') });
  });

  test('when answers are lost again and again and sending again would double', async () => {
    await using t = await open(always({ kind: 'answer-lost' }), { resendsLost: false, mostAtOnce: 1 });
    const fates = await Promise.allSettled(Array.from({ length: 10 }, () => t.send()));
    expect(fates.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    expect(t.server.requests).toBe(4);
  });
});

test('requests share few connections, and more of them go at once while all is well', async () => {
  await using t = await open(always({ kind: 'slow', ms: 10 }));
  await Promise.all(Array.from({ length: 200 }, () => t.send()));
  expect(t.server.busiest).toBe(8);
  expect(t.server.connections).toBeLessThanOrEqual(8);
});

test('an answer that cannot be the service’s own counts as lost', async () => {
  await using t = await open(scripted(busy(200, {}, '<html>welcome to our wireless network</html>')), {
    oddity: ({ body }) => (body.startsWith('<') ? 'a web page instead of an answer' : undefined),
  });
  expect(await t.send()).toMatchObject({ body: '{"code":200}' });
  expect(t.server.requests).toBe(2);
});
