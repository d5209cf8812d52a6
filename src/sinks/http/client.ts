import { openDispatcher } from '../../http-dispatcher.js';
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

/**
 * Opens the way to a service; no connection is made yet. Certificates are always verified.
 * @throws UsageError `bad_certificate` when the file of certificates cannot be read.
 */
export async function openHttpClient(options: HttpClientOptions): Promise<HttpClient> {
  const { origin, timeoutMs = TIMEOUT_MS } = options;
  const dispatcher = await openDispatcher({ ...options, timeoutMs });
  return {
    send: (request, signal) => exchange(dispatcher, { ...request, origin }, signal),
    // What is still under way belongs to nobody any more.
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}
