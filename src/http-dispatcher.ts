import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { UsageError } from './errors.js';

export interface DispatcherOptions {
  /** Most connections at once; they are kept open between requests. */
  readonly connections: number;
  /** Silence after which a request counts as lost. */
  readonly timeoutMs: number;
  /** Path of PEM certificates to trust beside the usual ones. */
  readonly ca?: string | undefined;
  /** `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const CONNECT_TIMEOUT_MS = 15_000;
/**
 * A connection that has been idle for longer is not used again, whatever the server offers: a request that meets a
 * server about to close it is lost, and of a lost one nobody knows whether it was taken.
 */
const MOST_IDLE_MS = 2_000;

/**
 * Opens kept connections to whatever server is asked, through the proxy of the environment. Certificates are always
 * verified.
 * @throws UsageError `bad_certificate` when the file of certificates cannot be read.
 */
export async function openDispatcher({
  connections,
  timeoutMs,
  ca: path,
  env,
}: DispatcherOptions): Promise<Dispatcher> {
  const ca = path === undefined ? undefined : [...rootCertificates, await readCertificates(path)];
  return new EnvHttpProxyAgent({
    connections,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAliveTimeout: MOST_IDLE_MS,
    keepAliveMaxTimeout: MOST_IDLE_MS,
    httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? '',
    httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? env.http_proxy ?? env.HTTP_PROXY ?? '',
    noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
    ...(ca !== undefined && { connect: { ca, timeout: CONNECT_TIMEOUT_MS }, requestTls: { ca } }),
  });
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new UsageError(
      `the certificate file ${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      { code: 'bad_certificate', hint: 'name a readable PEM file with ca=<path>', cause },
    );
  }
}
