import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../flow/state/durable.js';

/** What a user has told a run while it goes on. */
export interface Control {
  readonly paused?: boolean;
  /** Events a second; null for no limit. */
  readonly maxRate?: number | null;
}

const FILE = 'control.json';

/** What the control file of a run says; nothing when there is none. */
export async function readControl(folder: string): Promise<Control> {
  try {
    return JSON.parse(await readFile(join(folder, FILE), 'utf8')) as Control; // only this module writes it
  } catch {
    return {};
  }
}

/** Tells a run, now or whenever it goes on. */
export async function writeControl(folder: string, change: Control): Promise<void> {
  const control = { ...(await readControl(folder)), ...change };
  await writeDurably(join(folder, FILE), `${JSON.stringify(control)}\n`);
}
