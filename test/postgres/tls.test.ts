import { spawnSync } from 'node:child_process';
import { chown, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSink } from '../../src/sinks/open.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { CONTEXT } from '../support/tables.js';

const isThere = spawnSync('openssl', ['version']).status === 0;
if (!isThere && process.env.CI === 'true')
  throw new Error('openssl is not installed, and CI=true demands the tests of TLS');
if (!isThere) console.warn('SKIPPED: openssl is not on the PATH, so TLS is not tested');

let folder = '';
let server: PostgresServer | undefined;

beforeAll(async () => {
  if (!isThere) return;
  folder = await mkdtemp(join(tmpdir(), 'respool-tls-'));
  for (const name of ['server', 'stranger']) makeCertificate(name);
  if (process.getuid?.() === 0)
    await Promise.all([folder, join(folder, 'server.key')].map((path) => chown(path, 65_534, 65_534)));
  const flag = (name: string, file: string) => ['-c', `${name}=${join(folder, file)}`];
  server = await startPostgres([
    '-c',
    'ssl=on',
    ...flag('ssl_cert_file', 'server.crt'),
    ...flag('ssl_key_file', 'server.key'),
  ]);
  await copyFile(join(folder, 'server.crt'), join(folder, 'root.crt'));
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function makeCertificate(name: string): void {
  const files = ['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)];
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    ...files,
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
}

function address(host: string, query: string): string {
  const url = new URL(server?.url ?? '');
  url.hostname = host;
  return `${url.href}?table=t&${query.replace('FOLDER', folder)}`;
}

test.skipIf(!isThere).each([
  ['localhost', 'sslmode=disable'],
  ['localhost', 'sslmode=prefer'],
  ['localhost', 'sslmode=require'],
  ['127.0.0.1', 'sslmode=verify-ca&sslrootcert=FOLDER/root.crt'],
  ['localhost', 'sslmode=verify-full&sslrootcert=FOLDER/root.crt'],
])('%s lets in with %s', async (host, query) => {
  await using sink = await openSink(address(host, query), CONTEXT);
  expect(sink.name).toBe('postgres');
});

test.skipIf(!isThere).each([
  ['localhost', 'sslmode=verify-full'],
  ['localhost', 'sslmode=verify-ca&sslrootcert=FOLDER/stranger.crt'],
  ['localhost', 'sslmode=require&sslrootcert=FOLDER/stranger.crt'],
  ['127.0.0.1', 'sslmode=verify-full&sslrootcert=FOLDER/root.crt'],
])('%s is not trusted with %s', async (host, query) => {
  await expect(openSink(address(host, query), CONTEXT)).rejects.toMatchObject({
    code: 'database_refused',
    message: expect.stringMatching(/certificate|altnames/i),
  });
});

test.skipIf(!isThere)('a certificate file that is not there is named', async () => {
  await expect(
    openSink(address('localhost', 'sslmode=verify-full&sslrootcert=FOLDER/none.crt'), CONTEXT),
  ).rejects.toMatchObject({ code: 'bad_certificate' });
});
