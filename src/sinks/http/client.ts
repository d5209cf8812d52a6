import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { UsageError } from '../../errors.js';
import type { HttpResult } from './answer.js';
import { exchange } from './exchange.js';

/** How a service is reached. */
export interface HttpClientOptions {
  /** Scheme, host and port; a request adds its path. */
  readonly origin: string;
  /** Most connections at once; they are kept open between requests. */
  readonly connections: number;
  /** Silence after which a request counts as lost; default one minute. */
  readonly timeoutMs?: number | undefined;
  /** Path of PEM certificates to trust beside the usual ones. */
  readonly ca?: string | undefined;
  /** `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Begins with a slash; with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** One service over kept connections, through the proxy of the environment. It tries nothing twice. */
export interface HttpClient extends AsyncDisposable {
  /**
   * Resolves to the answer, or to what is known of a request without one.
   * @throws the signal's reason when it aborts; then nothing is known either.
   */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpResult>;
}

const TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 15_000;

/**
 * Opens the way to a service; no connection is made yet. Certificates are always verified.
 * @throws UsageError `bad_certificate` when the file of certificates cannot be read.
 */
export async function openHttpClient(options: HttpClientOptions): Promise<HttpClient> {
  const { origin, connections, timeoutMs = TIMEOUT_MS, env } = options;
  const ca = options.ca === undefined ? undefined : [...rootCertificates, await readCertificates(options.ca)];
  const dispatcher: Dispatcher = new EnvHttpProxyAgent({
    connections,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? '',
    httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? env.http_proxy ?? env.HTTP_PROXY ?? '',
    noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
    ...(ca !== undefined && { connect: { ca, timeout: CONNECT_TIMEOUT_MS }, requestTls: { ca } }),
  });
  return {
    send: (request, signal) => exchange(dispatcher, { ...request, origin }, signal),
    // What is still under way belongs to nobody any more.
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
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
