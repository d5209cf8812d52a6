import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLmdbLedger } from '../../../src/flow/ledger/lmdb/lmdb-ledger.js';
import { openPostgresLedger } from '../../../src/flow/ledger/postgres/postgres-ledger.js';
import { folderWith } from '../../support/cli.js';
import { createDatabase } from '../../support/postgres.js';
import { batchOf, wanting } from './batch.js';
import { ledgerContract, sharedLedgerContract } from './contract.js';

async function inFolder() {
  const folder = await folderWith();
  return {
    open: () => openLmdbLedger(join(folder.path, 'ledger')),
    abandon: async (ledger: AsyncDisposable) => ledger[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function inPostgres() {
  const database = await createDatabase();
  const open = () => openPostgresLedger(database.url, process.env, new AbortController().signal);
  return {
    open,
    abandon: async (ledger: AsyncDisposable) => ledger[Symbol.asyncDispose](),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

ledgerContract('the state folder', 80_000, inFolder);
ledgerContract('Postgres', 10_000, inPostgres);
sharedLedgerContract('Postgres', inPostgres);

test('what the ledger writes is for its owner only', async () => {
  await using folder = await folderWith();
  const path = join(folder.path, 'ledger');
  await using ledger = await openLmdbLedger(path);
  const book = await ledger.openBook('sink', { run: 'r', source: 's', startedAt: 't' });
  const events = batchOf(['a']);
  await book.claim({ events, part: 0 }, wanting(events), { isForced: false, hasMark: false });
  for (const name of ['log.mdb', 'ids.mdb', 'log.mdb-lock', 'ids.mdb-lock']) {
    expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
  }
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});
