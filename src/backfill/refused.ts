import { appendFile, mkdir, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { openQuarantine } from '../flow/quarantine.js';
import { refusedEntries } from '../flow/quarantine-entries.js';
import { stateError } from '../flow/state/durable.js';
import type { Verdict } from '../sinks/sink.js';
import type { Work } from './context.js';
import type { PlannedPartition } from './plan.js';
import type { KeptBatch } from './slices/frame.js';

/** Keeps what the server refuses of one partition; every attempt begins anew. */
export interface Refused extends AsyncDisposable {
  /** Keeps the events of a batch that have a refusal for their verdict. */
  keep(batch: KeptBatch, verdicts: readonly Verdict[]): Promise<void>;
}

type Place = Pick<Work, 'folder' | 'plan' | 'parts' | 'sink'>;

/** Opens the file of a partition, empty. */
export async function openRefused({ folder, plan, parts, sink }: Place, partition: PlannedPartition): Promise<Refused> {
  const path = join(folder, REFUSED, `${partition.index}.ndjson`);
  await mkdir(join(folder, REFUSED), { recursive: true, mode: 0o700 });
  await rm(path, { force: true });
  const quarantine = openQuarantine(path, plan.run, 0);
  return {
    async keep({ part, events }, verdicts) {
      await quarantine.append(parts[part]?.label ?? '', refusedEntries(events, sink.label, verdicts));
      await quarantine.sync();
    },
    [Symbol.asyncDispose]: () => quarantine[Symbol.asyncDispose](),
  };
}

const REFUSED = 'refused';

/**
 * Puts what the server refused behind what was refused while planning, in the run's quarantine. Doing it again changes
 * nothing. Resolves to the bytes of the quarantine.
 */
export async function gatherRefused(folder: string, quarantine: string, plannedBytes: number): Promise<void> {
  const names = await readdir(join(folder, REFUSED)).catch(() => []);
  if (names.length === 0) return;
  try {
    await appendFile(quarantine, '', { mode: 0o600 });
    await truncate(quarantine, plannedBytes);
    for (const name of names.toSorted()) await appendFile(quarantine, await readFile(join(folder, REFUSED, name)));
  } catch (error) {
    throw stateError(error, quarantine);
  }
}

/** What the server refused, by its reasons. */
export interface RefusedKind {
  readonly code: string;
  readonly message: string;
  readonly pointer?: string;
  readonly events: number;
  readonly example: string;
}

const MOST_LINES = 10_000;

/** The kinds of refusal, as far as the first lines of each partition tell. */
export async function refusedKinds(folder: string): Promise<readonly RefusedKind[]> {
  const kinds = new Map<string, RefusedKind>();
  for (const name of (await readdir(join(folder, REFUSED)).catch(() => [])).toSorted()) {
    const lines = (await readFile(join(folder, REFUSED, name), 'utf8')).split('\n').slice(0, MOST_LINES);
    for (const line of lines) {
      if (line === '') continue;
      const { problems, source } = JSON.parse(line) as Line; // only this module writes the files
      const [{ code, message, pointer } = { code: 'unknown', message: '' }] = problems;
      const known = kinds.get(code + (pointer ?? ''));
      const example = `${source.part}:${source.line}`;
      const fresh = { code, message, events: 0, example, ...(pointer !== undefined && { pointer }) };
      kinds.set(code + (pointer ?? ''), { ...(known ?? fresh), events: (known?.events ?? 0) + 1 });
    }
  }
  return [...kinds.values()];
}

interface Line {
  readonly problems: readonly { readonly code: string; readonly message: string; readonly pointer?: string }[];
  readonly source: { readonly part: string; readonly line: number };
}
