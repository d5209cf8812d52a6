import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import pg from 'pg';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { freePort } from '../support/free-port.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { startPostgres } from '../support/postgres-server.js';
import { events, replay, rowsIn, SECRET, said, startReplay, until } from './replaying.js';

test('a server that nobody runs: exit 4, and the same command later delivers', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(10) });
  const to = `postgres://app:${SECRET}@127.0.0.1:${await freePort()}/app`;
  const { status, stderr } = await replay(['dump.ndjson', '--to', to], { cwd: folder.path });

  expect(status).toBe(4);
  expect(stderr).toMatch(/^error: postgres:\/\/127\.0\.0\.1:\d+\/app: connect ECONNREFUSED/mu);
  expect(stderr).toContain('run the same command again');
});

test('a server that speaks no PostgreSQL is told apart from one that is down', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(10) });
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n').resume());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const { status, stderr } = await replay(['dump.ndjson', '--to', `postgres://app@127.0.0.1:${port}/app`], {
    cwd: folder.path,
  });
  server.close();

  expect([2, 4]).toContain(status);
  expect(stderr).toContain(`error: postgres://127.0.0.1:${port}/app: `);
  expect(stderr).toContain('hint: ');
});

test.each([
  ['a role that may not log in', 'nologin', 'is not permitted to log in'],
  ['a role without rights', 'login', 'no right to'],
])('%s: exit 2, what to mend, and nothing is written', async (_case, attribute, message) => {
  await using folder = await folderWith({ 'dump.ndjson': events(10) });
  await using database = await createDatabase();
  await using role = await createRole(database, attribute);
  await database.query('create table events (event_id text, occurred_at timestamptz, primary key (event_id))');
  const { status, stderr } = await replay(['dump.ndjson', '--to', role.url], { cwd: folder.path });

  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).toContain('hint: ');
  expect(await rowsIn(database)).toBe(0);
});

test('a wrong password: exit 2, and the password is not told', async () => {
  await using server = await startPostgres(['-c', 'password_encryption=scram-sha-256']);
  await using folder = await folderWith({ 'dump.ndjson': events(10) });
  const admin = new pg.Client(server.url);
  await admin.connect();
  await admin.query("create role app login password 'right'");
  const [row] = (await admin.query('show hba_file')).rows;
  await writeFile(
    String(row.hba_file),
    'host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
  );
  await admin.query('select pg_reload_conf()');
  await admin.end();
  const url = new URL(server.url);
  url.username = 'app';
  url.password = SECRET;
  const { status, stderr } = await replay(['dump.ndjson', '--to', url.href], { cwd: folder.path });

  expect(status).toBe(2);
  expect(stderr).toContain('password authentication failed for user "app"');
  expect(stderr).toContain('PGPASSWORD');
});

test('a read-only server is waited for, and progress says why', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(10) });
  await using database = await createDatabase();
  const name = new URL(database.url).pathname.slice(1);
  await database.query(`alter database ${name} set default_transaction_read_only = on`);
  const run = startReplay(['dump.ndjson', '--to', database.url], { cwd: folder.path });
  await said(run.child, /postgres waits: cannot execute .* in a read-only transaction; trying again in/u);
  await database.query(`set transaction read write; alter database ${name} set default_transaction_read_only = off`);
  const { status, report } = await run.end;

  expect({ status, sinks: report.sinks }).toMatchObject({ status: 0, sinks: [{ accepted: 10, unsent: 0 }] });
  expect(await rowsIn(database)).toBe(10);
});

test('a table that is dropped on the way is no loss: the same command delivers it all', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(3_000) });
  await using database = await createDatabase();
  await database.query(
    'create table events (event_id text, occurred_at timestamptz, name text, primary key (event_id))',
  );
  const args = ['dump.ndjson', '--to', database.url];
  const run = startReplay([...args, '--max-rate', '1000'], { cwd: folder.path });
  await until(async () => (await rowsIn(database)) > 0);
  await database.query('drop table events');
  const first = await run.end;

  expect(first.status).toBe(2);
  expect(first.report).toMatchObject({ complete: false, balanced: true, failures: [{ code: 'sink_refused' }] });
  expect(first.report.failures?.[0]?.message).toContain('events');
  expect(first.report.sinks[0]?.unsent).toBeGreaterThan(0);

  // What was settled before the table went is gone with it, which only the user can know: --fresh sends everything.
  const second = await replay([...args, '--fresh'], { cwd: folder.path });
  expect(second).toMatchObject({ status: 0, report: { complete: true, read: 3_000 } });
  expect(await rowsIn(database)).toBe(3_000);
});

test('a sink that is down from the start does not stop the other one, and gets its events later', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(500) });
  await using alive = await createDatabase();
  await using other = await createDatabase();
  const port = await freePort();
  const dead = `postgres://postgres@127.0.0.1:${port}${new URL(other.url).pathname}`;
  const args = ['dump.ndjson', '--to', alive.url, '--to', dead, '--batch', '100'];
  const first = await replay(args, { cwd: folder.path });

  expect(first.status).toBe(4);
  expect(first.report).toMatchObject({
    complete: false,
    balanced: true,
    sinks: [
      { accepted: 500, unsent: 0 },
      { name: 'postgres', accepted: 0, unsent: 500 },
    ],
    failures: [{ code: 'sink_unavailable' }],
    next: [{ why: expect.stringContaining('goes on') }],
  });
  expect(await rowsIn(alive)).toBe(500);

  await using _server = await forwardPort(port, other.url);
  const second = await replay(args, { cwd: folder.path });
  expect(second).toMatchObject({ status: 0 });
  expect(second.report).toMatchObject({
    complete: true,
    balanced: true,
    read: 500,
    run: first.report.run,
    sinks: [
      { accepted: 500, duplicate: 0, unsent: 0 },
      { accepted: 500, duplicate: 0, unsent: 0 },
    ],
  });
  expect(await rowsIn(other)).toBe(500);
});

test('a sink that is refused on the way does not stop the other one', async () => {
  await using folder = await folderWith({ 'dump.ndjson': events(2_000) });
  await using alive = await createDatabase();
  await using dying = await createDatabase();
  await dying.query('create table events (event_id text, occurred_at timestamptz, name text, primary key (event_id))');
  await using role = await createRole(dying, 'login');
  await dying.query(`grant select, insert on events to ${role.name}`);
  const args = ['dump.ndjson', '--to', alive.url, '--to', role.url];
  const run = startReplay([...args, '--max-rate', '1000'], { cwd: folder.path });
  await until(async () => (await rowsIn(dying)) > 0);
  await dying.query(`revoke insert on events from ${role.name}`);
  const first = await run.end;

  expect(first.status).toBe(2);
  expect(first.report).toMatchObject({
    complete: false,
    balanced: true,
    sinks: [{ accepted: 2_000 }, { duplicate: 0 }],
    failures: [{ code: 'sink_refused', message: expect.stringContaining('permission denied') }],
  });

  await dying.query(`grant insert on events to ${role.name}`);
  const second = await replay(args, { cwd: folder.path });
  expect(second).toMatchObject({
    status: 0,
    report: { complete: true, balanced: true, sinks: [{ accepted: 2_000 }, { accepted: 2_000 }] },
  });
  expect(await rowsIn(dying)).toBe(2_000);
});

/** A role of the database's own, gone with it. */
async function createRole(database: TestDatabase, attribute: string) {
  const url = new URL(database.url);
  const name = `r_${url.pathname.slice(1)}`;
  await database.query(`create role ${name} ${attribute}; grant usage, create on schema public to ${name}`);
  url.username = name;
  return {
    name,
    url: url.href,
    async [Symbol.asyncDispose]() {
      await database.query(`drop owned by ${name}; drop role ${name}`);
    },
  };
}

/** Lets a server be reached through another port. */
async function forwardPort(port: number, target: string) {
  const to = new URL(target);
  const server = createServer((client) => {
    const upstream = connect(Number(to.port), to.hostname);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return { [Symbol.asyncDispose]: () => new Promise<void>((done) => server.close(() => done())) };
}
