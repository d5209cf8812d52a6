import type { Command } from './command.js';

/** Every command by the name under which help lists it, in that order. Each is loaded only when it is needed. */
export const commandLoaders: Readonly<Record<string, () => Promise<Command>>> = {
  replay: async () => (await import('./replay.js')).replay,
  validate: async () => (await import('./validate.js')).validate,
  diff: async () => (await import('./diff.js')).diff,
  backfill: async () => (await import('./backfill.js')).backfill,
  worker: async () => (await import('./worker.js')).worker,
  trace: async () => (await import('./trace.js')).trace,
  runs: async () => (await import('./runs.js')).runs,
  'runs show': async () => (await import('./runs.js')).runsShow,
  'runs prune': async () => (await import('./runs.js')).runsPrune,
  'ledger stats': async () => (await import('./ledger.js')).ledgerStats,
  'ledger export': async () => (await import('./ledger.js')).ledgerExport,
  'ledger prune': async () => (await import('./ledger.js')).ledgerPrune,
  'backfill status': async () => (await import('./backfill-commands.js')).backfillStatus,
  'backfill verify': async () => (await import('./backfill-commands.js')).backfillVerify,
  'backfill retry': async () => (await import('./backfill-commands.js')).backfillRetry,
  'backfill pause': async () => (await import('./backfill-control.js')).backfillPause,
  'backfill resume': async () => (await import('./backfill-control.js')).backfillResume,
  'backfill undo': async () => (await import('./backfill-commands.js')).backfillUndo,
  'backfill drop': async () => (await import('./backfill-commands.js')).backfillDrop,
  triage: async () => (await import('./triage.js')).triage,
  'repair test': async () => (await import('./repair-test.js')).repairTest,
  completion: async () => (await import('./completion.js')).completion,
};

/** All definitions, for help, docs and completion. */
export function loadCommands(): Promise<readonly Command[]> {
  return Promise.all(Object.values(commandLoaders).map((load) => load()));
}
