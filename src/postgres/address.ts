import type pg from 'pg';
import { UsageError } from '../errors.js';
import { parseSslMode, type TlsSettings } from './tls.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a server is and how to get in. Holds secrets: never print it. */
export interface ServerAddress {
  readonly config: pg.ClientConfig;
  readonly tls: TlsSettings;
  /** Host, port and database. */
  readonly label: string;
  /** The part of the query that is not about the connection. */
  readonly tableQuery: ReadonlyMap<string, string>;
}

const APPLICATION = 'respool';

/** Connection parameters of libpq, and where each is looked for in the environment (https://www.postgresql.org/docs/current/libpq-envars.html). */
const PARAMETERS: Readonly<Record<string, string | undefined>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslpassword: undefined,
  application_name: 'PGAPPNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  options: 'PGOPTIONS',
};
/** Parameters that change nothing here. */
const IGNORED = [
  'passfile',
  'fallback_application_name',
  'keepalives',
  'keepalives_idle',
  'gssencmode',
  'channel_binding',
  'client_encoding',
  'sslcrl',
  'sslcompression',
  'sslsni',
];

/**
 * Reads `postgres://user:password@host:port/database?…`; what it leaves out is taken from the environment as libpq does.
 * @throws UsageError `bad_sink_address` or `bad_sink_option`.
 */
export function parseAddress(text: string, env: Environment): ServerAddress {
  const url = parseUrl(text);
  const query = new Map(url.searchParams);
  const setting = (name: string) => query.get(name) || fromUrl(url, name) || env[PARAMETERS[name] ?? ''] || undefined;
  const host = setting('host') ?? 'localhost';
  const port = Number(setting('port') ?? 5432);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw badAddress(`port ${setting('port')} is no port`);
  const user = setting('user') ?? env.USER ?? env.USERNAME ?? 'postgres';
  const database = setting('dbname') ?? user;
  const tls = {
    mode: parseSslMode(setting('sslmode')),
    rootCert: setting('sslrootcert'),
    cert: setting('sslcert'),
    key: setting('sslkey'),
    passphrase: setting('sslpassword'),
    home: env.HOME,
  };
  const password = setting('password');
  const timeoutS = Number(setting('connect_timeout') ?? 0);
  const options = setting('options');
  return {
    label: `postgres://${host.startsWith('/') ? encodeURIComponent(host) : bracketed(host)}:${port}/${encodeURIComponent(database)}`,
    tls,
    tableQuery: new Map([...query].filter(([name]) => !CONNECTION_OPTIONS.includes(name))),
    config: {
      host: setting('hostaddr') ?? host,
      port,
      user,
      database,
      application_name: setting('application_name') ?? APPLICATION,
      ...(password !== undefined && { password }),
      ...(options !== undefined && { options }),
      ...(timeoutS > 0 && { connectionTimeoutMillis: timeoutS * 1000 }),
    },
  };
}

/** Names that a query may hold beside those of the table. */
export const CONNECTION_OPTIONS: readonly string[] = [...Object.keys(PARAMETERS), ...IGNORED];

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw badAddress('it is no URL');
  }
}

function badAddress(why: string): UsageError {
  return new UsageError(`the address of the Postgres sink cannot be read: ${why}`, {
    code: 'bad_sink_address',
    hint: 'write postgres://user@host:5432/database?table=events (special characters in a password as %XX)',
  });
}

function fromUrl(url: URL, name: string): string {
  switch (name) {
    case 'host':
      return decode(url.hostname).replace(/^\[|\]$/g, '');
    case 'port':
      return url.port;
    case 'user':
      return decode(url.username);
    case 'password':
      return decode(url.password);
    case 'dbname':
      return decode(url.pathname.slice(1));
    default:
      return '';
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badAddress('a % sign in it is not followed by two hex digits');
  }
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
