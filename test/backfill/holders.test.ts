import { expect, test } from 'vitest';
import { claimRange } from '../../src/backfill/holders.js';
import { parseAddress } from '../../src/postgres/address.js';
import { connect } from '../../src/postgres/server.js';
import { createDatabase } from '../support/postgres.js';
import { startProxy } from '../support/tcp-proxy.js';

test('a process that stands still while it claims a range keeps no other from claiming one', async ({ signal }) => {
  await using target = await createDatabase();
  await using proxy = await startProxy(target.url);
  await using still = await connect(parseAddress(`${proxy.url}?sslmode=disable`, {}), 1, signal);
  await using database = await connect(parseAddress(target.url, {}), 1, signal);
  const claim = { tableOid: '4711', fromS: 0, toS: 86_400 };
  const stop = new AbortController();
  proxy.freezeBehind('pg_advisory_xact_lock');
  const standing = still
    .use((session) => claimRange(session, { ...claim, run: 'one' }), stop.signal)
    .catch(() => 'cut');
  await expect.poll(() => proxy.frozen).toBe(1);

  await database.use((session) => claimRange(session, { ...claim, run: 'two' }), signal);
  stop.abort();
  expect(await standing).toBe('cut');
}, 30_000);
