import { expect, test } from 'vitest';
import { createRun, findUnfinishedRun, newRunId, savePosition } from '../../src/flow/state/run-record.js';
import { folderWith } from '../support/cli.js';

test('of two runs that began within one second the later one is taken up again', async () => {
  const began = Date.parse('2026-03-01T10:00:00.100Z');
  for (let attempt = 0; attempt < 8; attempt++) {
    await using folder = await folderWith();
    const ids = [newRunId(new Date(began)), newRunId(new Date(began + 7))];
    for (const [at, id] of ids.entries()) {
      const run = await createRun(folder.path, {
        id,
        command: 'replay',
        startedAt: '',
        key: 'k',
        source: 's',
        sinks: [],
        parts: [],
        conditions: {},
        fields: {},
        quarantine: '',
      });
      await savePosition(run.folder, {
        state: at === 0 ? 'finished' : 'unfinished',
        done: [],
        accounts: {} as never, // not looked at
        quarantineBytes: 0,
        resumed: 0,
        elapsedMs: 0,
      });
    }

    expect((await findUnfinishedRun(folder.path, 'k'))?.record.id).toBe(ids[1]);
  }
});
