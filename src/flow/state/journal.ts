import { join } from 'node:path';
import { openQuarantine, type Quarantine } from '../quarantine.js';
import { openRepairTrail, type RepairTrail } from '../repair-trail.js';
import { type IntentLog, openIntentLog } from './intents.js';
import { type RunPosition, type StoredRun, savePosition } from './run-record.js';

/** Where an invocation writes what must outlive it: the folder of its run, or a database in which other machines find it. */
export interface Journal extends AsyncDisposable {
  readonly intents: IntentLog;
  readonly quarantine: Quarantine;
  readonly trail: RepairTrail;
  /**
   * Replaces the position as a whole: after a crash at any instant it is the old one or the new one.
   * @throws when it cannot be saved, or is no longer this process's to save.
   */
  savePosition(position: Omit<RunPosition, 'formatVersion'>): Promise<void>;
}

/**
 * Opens the journal of a run in its folder.
 * @param quarantineBytes where in the quarantine this invocation begins to write.
 * @throws RespoolError when a file of it cannot be read or written.
 */
export function openFolderJournal({ folder, record, position }: StoredRun, quarantineBytes: number): Journal {
  const intents = openIntentLog(join(folder, 'intents.ndjson'));
  const quarantine = openQuarantine(record.quarantine, record.id, quarantineBytes);
  const trail = openRepairTrail(join(folder, 'repaired.ndjson'), position?.repairedBytes ?? 0);
  return {
    intents,
    quarantine,
    trail,
    savePosition: (next) => savePosition(folder, next),
    async [Symbol.asyncDispose]() {
      await quarantine[Symbol.asyncDispose]();
      await trail[Symbol.asyncDispose]();
      intents[Symbol.dispose]();
    },
  };
}
