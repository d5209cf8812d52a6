import { expect, test } from 'vitest';
import { SinkUnavailableError } from '../../src/errors.js';
import { parseAddress } from '../../src/postgres/address.js';
import { connect } from '../../src/postgres/server.js';
import { openDesk } from '../../src/work/desk.js';
import { openJobs } from '../../src/work/jobs.js';
import { labour } from '../../src/work/labour.js';
import type { Trade } from '../../src/work/trade.js';
import { createDatabase } from '../support/postgres.js';

test('a server that was away for a while, however often, is no trouble of the item that needed it', async ({
  signal,
}) => {
  await using queue = await createDatabase();
  const address = parseAddress(queue.url, {});
  await using database = await connect(address, 3, signal);
  const desk = await openDesk(database, signal);
  await using jobs = await openJobs(address, database, signal);
  await jobs.put([{ job: { kind: 'test', run: 'r', item: 0 }, attempt: 0 }]);
  const noted: string[] = [];
  let tries = 0;
  const trade: Trade = {
    kind: 'test',
    async open() {
      return {
        name: 'an item',
        isDone: false,
        troubles: 4,
        noteTroubles: async (troubles) => void noted.push(`troubles ${troubles}`),
        fail: async () => void noted.push('failed'),
        async work() {
          if (tries++ === 0) throw new SinkUnavailableError('it is away', { cure: 'wait' });
          if (tries === 2) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
          return undefined;
        },
      };
    },
  };
  const rest = { name: 'w', idleExitMs: 1_000, finish: signal, onIdle: async () => undefined, tell: () => undefined };
  await labour({ jobs, desk, trades: [trade], ...rest });
  expect([tries, noted]).toEqual([3, []]);

  // What has come to its end is put in anew by whoever hands it out again.
  await jobs.put([{ job: { kind: 'test', run: 'r', item: 0 }, attempt: 0 }]);
  expect(await jobs.openOf('r')).toEqual(new Set([0]));
});
