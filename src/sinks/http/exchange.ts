import type { Dispatcher } from 'undici';
import type { HttpResult } from './answer.js';

/** More of an answer is of no use to anybody. */
const MOST_BODY_BYTES = 8 * 1024 * 1024;

/**
 * Sends one request and collects the answer. A request that was not put on a connection is `not-sent`; whatever breaks
 * later is `lost`, even if the service never saw it: a socket does not tell.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<HttpResult> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const answer = collect();
    let controller: Dispatcher.DispatchController | undefined;
    const stop = () => {
      controller?.abort(new Error('stopped'));
      reject(signal.reason);
    };
    const settle = (result: HttpResult) => {
      signal.removeEventListener('abort', stop);
      resolve(result);
    };
    signal.addEventListener('abort', stop, { once: true });
    dispatcher.dispatch(request, {
      onRequestStart(started) {
        controller = started;
        if (signal.aborted) started.abort(new Error('stopped'));
      },
      onResponseStart: (_, status, headers) => answer.begin(status, headers),
      onResponseData: (_, chunk) => answer.add(chunk),
      onResponseEnd: () => settle(answer.whole()),
      onResponseError(_, error) {
        if (controller !== undefined) settle({ kind: 'lost', reason: reasonOf(error) });
        else settle({ kind: 'not-sent', error: asError(error), isLasting: isAboutTrust(error) });
      },
    });
  });
}

function collect() {
  let status = 0;
  let headers: Record<string, string> = {};
  const chunks: Buffer[] = [];
  let length = 0;
  return {
    begin(code: number, each: Readonly<Record<string, string | string[] | undefined>>) {
      status = code;
      const first = Object.entries(each).map(([name, value]) => [
        name,
        (Array.isArray(value) ? value[0] : value) ?? '',
      ]);
      headers = Object.fromEntries(first);
    },
    add(chunk: Buffer) {
      if (length < MOST_BODY_BYTES) chunks.push(chunk);
      length += chunk.length;
    },
    whole: (): HttpResult => ({ kind: 'answer', status, headers, body: Buffer.concat(chunks).toString('utf8') }),
  };
}

/** The innermost words: a refused connection to several addresses comes as one error with many inside. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return error instanceof Error ? error.message || codeOf(error) : String(error);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Certificates and TLS settings that do not fit: they are the same on the next try. */
function isAboutTrust(error: unknown): boolean {
  return /^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|ERR_INVALID)/u.test(
    codeOf(error),
  );
}
