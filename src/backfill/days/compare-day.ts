import { createReadStream } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stateError } from '../../flow/state/durable.js';
import type { PlannedUnit } from '../plan.js';
import { dayFiles } from './day-frame.js';
import type { DayWork } from './day-work.js';
import { dayFolder, refusedPath } from './deliver-day.js';
import { compareIds, hashesOf, type IdComparison } from './id-sets.js';

/** Names that are hashed and written at once. */
const AT_ONCE = 20_000;

/**
 * Holds the distinct names that the far side has for a day against those of the source, without what was refused. What others
 * have sent does not disturb it.
 * @throws RespoolError when the far side cannot be asked now.
 */
export async function compareWithFarSide(work: DayWork, unit: PlannedUnit): Promise<IdComparison> {
  const { folder, slices, farSide, signal } = work;
  const own = dayFolder(folder, unit.index);
  const [found, refused] = [join(own, 'found.ids'), join(own, 'refused.ids')];
  try {
    await writeNames(found, farSide.namesOf(unit, signal));
    await writeNames(refused, refusedNames(work, unit));
    return await compareIds({ source: join(slices, dayFiles(unit.index).ids), refused, found });
  } finally {
    await rm(found, { force: true });
    await rm(refused, { force: true });
  }
}

async function writeNames(path: string, names: AsyncIterable<string>): Promise<void> {
  let held: string[] = [];
  const write = async () => {
    try {
      await appendFile(path, hashesOf(held), { mode: 0o600 });
    } catch (error) {
      throw stateError(error, path);
    }
    held = [];
  };
  await rm(path, { force: true });
  for await (const name of names) if (held.push(name) >= AT_ONCE) await write();
  await write();
}

async function* refusedNames({ folder, farSide }: DayWork, { index }: PlannedUnit): AsyncGenerator<string> {
  const path = refusedPath(folder, index);
  const input = createReadStream(path);
  const isThere = await new Promise<boolean>((resolve) => {
    input.once('open', () => resolve(true)).once('error', () => resolve(false));
  });
  if (!isThere) return;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line === '') continue;
    const { id = '' } = JSON.parse(line) as { readonly id?: string }; // only the flow writes it
    yield farSide.nameOf(id);
  }
}
