import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Layer } from '../event/layer.js';
import { timeText } from '../event/time-text.js';
import { QUARANTINE_MARK } from '../sources/marks.js';
import type { HeldProblem } from './prepare/spec.js';
import { onOneLine } from './repair-trail.js';
import { stateError, syncFolder } from './state/durable.js';

/** One event or record on its way into the quarantine. */
export interface Quarantined {
  readonly kind: 'undecodable' | 'invalid' | 'rejected' | 'unknown';
  /** The sink that did not take it; undefined when no sink was asked. */
  readonly sink?: string;
  readonly line: number;
  readonly offset: number;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly timeUs?: number | undefined;
  readonly timeRest?: number | undefined;
  readonly problems: readonly HeldProblem[];
  /** How often it has been tried, this time included. */
  readonly attempts: number;
  /** What lay around it, outermost first. */
  readonly layers?: readonly Layer[] | undefined;
  /** As it came in, before any repair. */
  readonly raw: Uint8Array;
  /** What repairs had made of it when it was refused. */
  readonly repaired?: Uint8Array | undefined;
  /** The event that it is a part of, as it came in. */
  readonly original?: Uint8Array | undefined;
}

/** NDJSON of what could not be delivered, with the reasons: itself a source. */
export interface Quarantine extends AsyncDisposable {
  readonly path: string;
  /** Bytes written so far. */
  readonly length: number;
  append(part: string, entries: readonly Quarantined[]): Promise<void>;
  /** Resolves once all that was appended is on disk. */
  sync(): Promise<void>;
}

/**
 * Opens the quarantine of a run. The file is made when the first entry comes; what is in it already stays.
 * @param start bytes that are in the file.
 */
export function openQuarantine(path: string, run: string, start: number): Quarantine {
  let file: FileHandle | undefined;
  let length = start;
  let isDirty = false;
  const openFile = async () => {
    const handle = await open(path, 'a+', 0o600);
    length = (await handle.stat()).size;
    if (!(await endsLine(handle, length))) {
      await handle.appendFile('\n');
      length++;
    }
    await syncFolder(dirname(path));
    return handle;
  };
  return {
    path,
    get length() {
      return length;
    },
    async append(part, entries) {
      if (entries.length === 0) return;
      try {
        file ??= await openFile();
        const bytes = Buffer.concat(entries.map((entry) => renderQuarantined({ run, part }, entry)));
        await file.appendFile(bytes);
        length += bytes.length;
        isDirty = true;
      } catch (error) {
        throw stateError(error, path);
      }
    },
    async sync() {
      if (!isDirty) return;
      isDirty = false;
      await file?.sync();
    },
    [Symbol.asyncDispose]: async () => file?.close(),
  };
}

/** Whether what is appended begins a line of its own. */
async function endsLine(file: FileHandle, length: number): Promise<boolean> {
  if (length === 0) return true;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, length - 1);
  return buffer[0] === 0x0a;
}

/** An entry as the line of the quarantine that it becomes. */
export function renderQuarantined(
  { run, part }: { readonly run: string; readonly part: string },
  entry: Quarantined,
): Buffer {
  const { kind, sink, line, offset, id, name, problems, attempts, layers, raw, repaired, original } = entry;
  const head = JSON.stringify({
    respool: QUARANTINE_MARK,
    run,
    kind,
    sink,
    source: { part, line, offset },
    id,
    name: name === '' ? undefined : name,
    time: timeOf(entry),
    attempts,
    problems,
    layers: layersOf(layers),
  });
  return Buffer.concat([
    Buffer.from(head.slice(0, -1)),
    renderRaw(kind, raw),
    renderMember('repaired', repaired),
    renderMember('original', original),
    Buffer.from('}\n'),
  ]);
}

/** What transports said, each time anew; what an earlier quarantine said stands in the attempts. */
function layersOf(layers: readonly Layer[] | undefined): readonly Layer[] | undefined {
  const kept = layers?.filter(({ kind }) => kind !== 'quarantine');
  return kept?.length === 0 ? undefined : kept;
}

/** The event byte for byte, or what was no event. */
function renderRaw(kind: Quarantined['kind'], raw: Uint8Array): Buffer {
  if (kind === 'undecodable') {
    const member = isUtf8(raw)
      ? { raw: Buffer.from(raw).toString() }
      : { rawBase64: Buffer.from(raw).toString('base64') };
    return Buffer.from(`,${JSON.stringify(member).slice(1, -1)}`);
  }
  return renderMember('event', raw);
}

function renderMember(name: string, json: Uint8Array | undefined): Buffer {
  return json === undefined ? Buffer.alloc(0) : Buffer.concat([Buffer.from(`,"${name}":`), onOneLine(json)]);
}

/** An event whose envelope gave it its time has it from here when it is replayed: every digit of it counts. */
function timeOf({ timeUs = Number.NaN, timeRest }: Quarantined): string | undefined {
  return Number.isNaN(timeUs) ? undefined : `${timeText(timeUs, timeRest).replace(/000$/u, '')}Z`;
}
