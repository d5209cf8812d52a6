import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openSink } from '../../../src/sinks/open.js';
import { count, deliver } from '../../support/batches.js';
import { freePort } from '../../support/free-port.js';
import { createDatabase } from '../../support/postgres.js';
import { CONTEXT } from '../../support/tables.js';

const isThere = spawnSync('pgbouncer', ['--version']).status === 0;
if (!isThere && process.env.CI === 'true') throw new Error('pgbouncer is not installed, and CI=true demands its tests');
if (!isThere) console.warn('SKIPPED: pgbouncer is not on the PATH, so its transaction mode is not tested');

function some(from: number, to: number) {
  return Array.from({ length: to - from }, (_, n) => ({
    event_id: `e${from + n}`,
    occurred_at: new Date(Date.UTC(2024, 0, 1 + (n % 4))).toISOString(),
  }));
}

test.skipIf(!isThere)('many sessions share two connections of PgBouncer in transaction mode', async () => {
  await using database = await createDatabase();
  await using bouncer = await startPgbouncer(database.url);
  await using sink = await openSink(`${bouncer.url}?table=t`, { ...CONTEXT, jobs: 6 });

  const first = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => deliver(sink, some(n * 100, n * 100 + 150))));
  expect(count(first.flat())).toEqual({ accepted: 650, duplicate: 250 });
  expect(count(await deliver(sink, some(0, 650)))).toEqual({ duplicate: 650 });
  expect(await sink.recall?.('3@', CONTEXT.signal)).toBe('unknown');
});

async function startPgbouncer(target: string): Promise<AsyncDisposable & { readonly url: string }> {
  const { hostname, port, username, pathname } = new URL(target);
  const home = await mkdtemp(join(tmpdir(), 'respool-pgbouncer-'));
  const isRoot = process.getuid?.() === 0;
  const ids = isRoot ? { uid: 65_534, gid: 65_534 } : {};
  const listen = await freePort();
  await writeFile(
    join(home, 'pgbouncer.ini'),
    `[databases]\n* = host=${hostname} port=${port} user=${username}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${listen}\n` +
      `auth_type = any\npool_mode = transaction\ndefault_pool_size = 2\nmax_client_conn = 50\nunix_socket_dir =\nlogfile =\n`,
  );
  await chmod(home, 0o755);
  if (isRoot) await chown(home, 65_534, 65_534);
  const child = spawn('pgbouncer', [join(home, 'pgbouncer.ini')], { ...ids, stdio: 'ignore' });
  await answers(listen, child);
  return {
    url: `postgres://${username}@127.0.0.1:${listen}${pathname}`,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`pgbouncer ended with ${child.exitCode}`);
    const isOpen = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true));
      socket.once('error', () => done(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error('pgbouncer does not answer');
}
