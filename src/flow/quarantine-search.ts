import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { HeldProblem } from './prepare/spec.js';

/** A line of a quarantine, without the event. */
export interface QuarantinedLine {
  readonly run: string;
  readonly kind: string;
  readonly sink?: string;
  readonly source: { readonly part: string; readonly line: number };
  readonly problems: readonly HeldProblem[];
}

/** The lines that a run has written of an event, found by its id. A file that is gone has none. */
export async function findQuarantined(path: string, id: string, run: string): Promise<readonly QuarantinedLine[]> {
  if (!existsSync(path)) return [];
  const found: QuarantinedLine[] = [];
  const text = JSON.stringify(id);
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!line.includes(text)) continue;
    const entry = parse(line);
    if (entry?.id === id && entry.run === run) found.push(entry);
  }
  return found;
}

/** A line that is not whole is being written at this moment. */
function parse(line: string): (QuarantinedLine & { readonly id: string }) | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
