import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

/** A server that a suite needs and that no npm package brings. */
export interface Service extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

interface Kind {
  /** Names a running server as `host:port`. */
  readonly variable: string;
  readonly port: number;
  readonly binary: string;
  readonly args: (port: number, home: string) => readonly string[];
}

const KINDS = {
  redis: {
    variable: 'RESPOOL_TEST_REDIS',
    port: 6379,
    binary: 'redis-server',
    args: (port, home) => [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      home,
    ],
  },
  nats: {
    variable: 'RESPOOL_TEST_NATS',
    port: 4222,
    binary: 'nats-server',
    args: (port, home) => ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', home],
  },
  rabbitmq: {
    variable: 'RESPOOL_TEST_RABBITMQ',
    port: 5672,
    binary: 'rabbitmq-server',
    args: () => [],
  },
} as const satisfies Record<string, Kind>;

/** Names of the services. */
export type ServiceName = keyof typeof KINDS;

/**
 * A running server: the one that the environment names, the one at its usual port, or one started from the PATH for
 * this suite alone. Without any the suite is skipped with one loud line, and in CI it fails.
 */
export async function findService(name: ServiceName): Promise<Service | undefined> {
  const kind: Kind = KINDS[name];
  const [host = '127.0.0.1', port = kind.port] = process.env[kind.variable]?.split(':') ?? [];
  if (await answers(host, Number(port))) return { host, port: Number(port), [Symbol.asyncDispose]: async () => {} };
  if (isOnPath(kind.binary)) return start(name, kind);
  const message = `${name} does not run on ${host}:${port}, and ${kind.binary} is not on the PATH`;
  if (process.env.CI) throw new Error(message);
  console.error(`SKIPPED: ${message}, so its source is not tested`);
  return undefined;
}

async function start(name: ServiceName, kind: Kind): Promise<Service> {
  const home = await mkdtemp(join(tmpdir(), `respool-${name}-`));
  const port = await freePort();
  const child = spawn(kind.binary, kind.args(port, home), {
    stdio: 'ignore',
    env: { ...process.env, ...(name === 'rabbitmq' && rabbitEnvironment(port, home)) },
  });
  for (let tries = 0; !(await answers('127.0.0.1', port)); tries++) {
    if (tries > 600 || child.exitCode !== null) throw new Error(`${kind.binary} did not start`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    host: '127.0.0.1',
    port,
    async [Symbol.asyncDispose]() {
      await end(child);
      await rm(home, { recursive: true, force: true });
    },
  };
}

function rabbitEnvironment(port: number, home: string): Record<string, string> {
  return {
    RABBITMQ_NODE_PORT: `${port}`,
    RABBITMQ_NODENAME: `respool${port}@localhost`,
    RABBITMQ_DIST_PORT: `${port + 1}`,
    RABBITMQ_MNESIA_BASE: home,
    RABBITMQ_LOG_BASE: home,
    RABBITMQ_PID_FILE: join(home, 'pid'),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

function isOnPath(binary: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${binary}`]).status === 0;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const finish = (isThere: boolean) => () => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', finish(true)).once('error', finish(false)).once('timeout', finish(false));
  });
}
