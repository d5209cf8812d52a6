import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { CannotEvaluateError, IncompleteError } from '../../errors.js';
import { pause } from '../../pause.js';
import { type ByteReader, readChunks } from '../dump/byte-reader.js';

interface ExporterOptions {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly authorization: string;
  readonly label: string;
}

/** Asks for exports one after another, no faster than Mixpanel allows. */
export interface Exporter {
  /**
   * Opens one export.
   * @throws CannotEvaluateError or IncompleteError when there will be none, also later while it is read.
   */
  open(path: string, label: string, signal: AbortSignal): Promise<ByteReader>;
}

/** Three exports a second are allowed, and 60 an hour. */
const APART_MS = 400;
const FIRST_WAIT_MS = 2_000;
const TRIES = 6;

/** Opens the exporter of a project. */
export function createExporter({ dispatcher, origin, authorization, label: project }: ExporterOptions): Exporter {
  let nextAtMs = 0;
  const ask = async (path: string, signal: AbortSignal) => {
    const waitMs = nextAtMs - performance.now();
    if (waitMs > 0) await pause(waitMs, signal);
    nextAtMs = performance.now() + APART_MS;
    const headers = { authorization, accept: 'text/plain', 'accept-encoding': 'gzip' };
    return dispatcher.request({ origin, path, method: 'GET', headers, signal });
  };
  return {
    async open(path, label, signal) {
      for (let attempt = 0; ; attempt++) {
        const answer = await ask(path, signal).catch((error: unknown) => {
          signal.throwIfAborted();
          return error instanceof Error ? error : new Error(String(error));
        });
        if (!(answer instanceof Error) && answer.statusCode === 200) return reader(answer.body, label, signal);
        const why =
          answer instanceof Error ? answer.message : `status ${answer.statusCode}: ${await wordsOf(answer.body)}`;
        if (!(answer instanceof Error)) refuse(answer.statusCode, why, project);
        if (attempt + 1 === TRIES) throw unavailable(project, why);
        await pause(FIRST_WAIT_MS * 2 ** attempt, signal);
      }
    },
  };
}

function reader(body: Readable, label: string, signal: AbortSignal): ByteReader {
  let taken = 0;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        const bytes = chunk as Buffer; // a body without an encoding gives nothing else
        taken += bytes.length;
        yield bytes;
      }
    } catch (cause) {
      signal.throwIfAborted();
      throw unavailable(label, `the connection broke (${cause instanceof Error ? cause.message : cause})`);
    }
  }
  return readChunks(chunks(), () => taken);
}

async function wordsOf(body: Readable & { text(): Promise<string> }): Promise<string> {
  const text = await body.text().catch(() => '');
  return text
    .replace(/<[^>]*>|\s+/gu, ' ')
    .trim()
    .slice(0, 300);
}

/** Answers that stay the same when they are asked for again. */
function refuse(status: number, why: string, project: string): void {
  if (status === 429 || status === 408 || status >= 500) return;
  throw new CannotEvaluateError(`${project}: refused with ${why}`, {
    code: 'export_refused',
    hint: 'check the service account (MIXPANEL_SERVICE_ACCOUNT), the project and the region',
  });
}

function unavailable(what: string, why: string): IncompleteError {
  return new IncompleteError(`${what}: ${why}`, {
    code: 'export_unavailable',
    hint: 'run the same command again later; Mixpanel answers 60 exports an hour',
  });
}
