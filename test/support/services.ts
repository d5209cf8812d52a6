import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.js';

/** A server that a suite needs and that no npm package brings. */
export interface Service extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/** A server of one test, with a home of its own that outlives a restart. */
export interface OwnService extends Service {
  /** Kills the server, leaves it down for a while, and starts it again over what it has on its disk. */
  restart(downMs: number): Promise<void>;
}

interface Kind {
  /** Names a running server as `host:port`. */
  readonly variable: string;
  readonly port: number;
  readonly binary: string;
  readonly args: (port: number, home: string) => readonly string[];
  /** What makes it keep on its disk all that it has confirmed. */
  readonly durable?: readonly string[];
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
    durable: ['--appendonly', 'yes', '--appendfsync', 'always'],
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

/**
 * Starts a server for one test that keeps what it has confirmed; undefined when its binary is not on the PATH.
 * @param more what else stands on its command line.
 */
export async function startOwnService(
  name: ServiceName,
  more: readonly string[] = [],
): Promise<OwnService | undefined> {
  const kind: Kind = KINDS[name];
  return isOnPath(kind.binary) ? start(name, kind, [...(kind.durable ?? []), ...more]) : undefined;
}

async function start(name: ServiceName, kind: Kind, more: readonly string[] = []): Promise<OwnService> {
  const home = await mkdtemp(join(tmpdir(), `respool-${name}-`));
  const port = await freePort();
  if (name === 'rabbitmq') await prepareRabbit(port, home);
  const run = async () => {
    const child = spawn(kind.binary, [...kind.args(port, home), ...more], {
      stdio: 'ignore',
      env: { ...process.env, ...(name === 'rabbitmq' && rabbitEnvironment(port, home)) },
    });
    for (let tries = 0; !(await answers('127.0.0.1', port)); tries++) {
      if (tries > 600 || child.exitCode !== null) throw new Error(`${kind.binary} did not start`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return child;
  };
  let child = await run();
  return {
    host: '127.0.0.1',
    port,
    async restart(downMs) {
      await end(child, 'SIGKILL', home);
      await new Promise((resolve) => setTimeout(resolve, downMs));
      child = await run();
    },
    async [Symbol.asyncDispose]() {
      await end(child, 'SIGTERM', home);
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
    // What the machine's own server is told (where to listen) is not for this one.
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: join(home, 'rabbitmq-env.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'enabled_plugins'),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
}

/** The script that starts it may change to a user of its own, who has to write here. */
async function prepareRabbit(port: number, home: string): Promise<void> {
  await writeFile(join(home, 'rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\n`);
  await writeFile(join(home, 'rabbitmq-env.conf'), '');
  await chmod(home, 0o777);
}

/** Ends a server; where a script has started it, the one whose number lies in its home. */
async function end(child: ChildProcess, signal: NodeJS.Signals, home: string): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const pid = Number(await readFile(join(home, 'pid'), 'utf8').catch(() => child.pid));
  process.kill(pid, signal);
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
