import { isUtf8 } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RepairRecord } from './prepare/spec.js';
import { stateError, syncFolder } from './state/durable.js';

/** Every event that repairs have changed, as it was and as it became: `repaired.ndjson` in the folder of the run. */
export interface RepairTrail extends AsyncDisposable {
  /** Bytes written so far. */
  readonly length: number;
  append(place: TrailPlace, repairs: readonly RepairRecord[]): Promise<void>;
  /** Resolves once all that was appended is on disk. */
  sync(): Promise<void>;
}

/** Where the lines of a batch stand in its source. */
export interface TrailPlace {
  readonly part: string;
  /** Number of the batch's first line, from 1. */
  readonly firstLine: number;
}

/**
 * Opens the trail of a run; the file is made when the first event is repaired.
 * @param start bytes that belong to settled batches: what an interrupted invocation wrote behind them is taken back.
 */
export function openRepairTrail(path: string, start: number): RepairTrail {
  let file: FileHandle | undefined;
  let length = start;
  let isDirty = false;
  const openFile = async () => {
    const handle = await open(path, 'a', 0o600);
    await handle.truncate(start);
    await syncFolder(dirname(path));
    return handle;
  };
  return {
    get length() {
      return length;
    },
    async append(place, repairs) {
      if (repairs.length === 0) return;
      try {
        file ??= await openFile();
        const bytes = Buffer.concat(repairs.map((repair) => renderRepaired(place, repair)));
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

/** A repair as the line of the trail that it becomes. */
export function renderRepaired(
  { part, firstLine }: TrailPlace,
  { line, id, rules, original, results }: RepairRecord,
): Buffer {
  const head = JSON.stringify({ respool: 'repaired/1', source: { part, line: firstLine + line }, id, rules });
  const after = results.flatMap((text, at) => (at === 0 ? [onOneLine(text)] : [Buffer.from(','), onOneLine(text)]));
  const parts = [head.slice(0, -1), ',"original":', onOneLine(original), ',"repaired":[', ...after, ']}\n'];
  return Buffer.concat(parts.map((each) => (typeof each === 'string' ? Buffer.from(each) : each)));
}

/** An event byte for byte; line breaks between its tokens become spaces. */
export function onOneLine(json: Uint8Array): Buffer {
  if (!isUtf8(json)) return Buffer.from('null');
  const text = Buffer.from(json);
  for (let i = 0; i < text.length; i++) if (text[i] === 0x0a || text[i] === 0x0d) text[i] = 0x20;
  return text;
}
