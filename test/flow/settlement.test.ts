import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSettlement } from '../../src/flow/settlement.js';
import { openFolderJournal } from '../../src/flow/state/journal.js';
import type { StoredRun } from '../../src/flow/state/run-record.js';

test('behind a position that could not be saved none is saved, although it could be', async () => {
  const home = await mkdtemp(join(tmpdir(), 'respool-settlement-'));
  const folder = join(home, 'run');
  await mkdir(folder);
  const run: StoredRun = {
    folder,
    record: {
      ...{ formatVersion: 1, id: 'r', command: 'replay', startedAt: '', key: '', source: '' },
      ...{ sinks: [], parts: [], conditions: {}, fields: {}, quarantine: join(home, 'quarantine.ndjson') },
    },
    position: undefined,
  };
  await using journal = openFolderJournal(run, 0);
  await rm(folder, { recursive: true });
  await using settlement = openSettlement({
    ...{ run, journal, source: { parts: [] }, sinkLabels: [], gathering: [], resumed: 0, elapsedMs: () => 0 },
  });
  await expect(settlement.checkpoint('unfinished')).rejects.toMatchObject({ code: 'state_failed', exitCode: 2 });
  await mkdir(folder);

  await expect(settlement.checkpoint('finished')).rejects.toMatchObject({ code: 'state_failed' });
  expect(await readdir(folder)).toEqual([]);
  await rm(home, { recursive: true });
});
