import { join } from 'node:path';
import { openLmdbLedger } from '../../src/flow/ledger/lmdb/lmdb-ledger.js';
import { withLedger } from '../../src/flow/ledger/with-ledger.js';
import type { Sink } from '../../src/sinks/sink.js';

/** A sink of totals behind the ledger that lasts as long as a run, as a replay opens it. */
export async function forOneRun(sink: Sink, folder: string): Promise<Sink> {
  const ledger = await openLmdbLedger(join(folder, 'seen'), { isDurable: false });
  const book = await ledger.openBook(sink.label, { run: 'run', source: 'source', startedAt: '2026-01-01T00:00:00Z' });
  const guarded = await withLedger(sink, book, { onUnknown: 'verify', resend: false, scope: 'run' });
  return {
    ...guarded,
    async [Symbol.asyncDispose]() {
      await guarded[Symbol.asyncDispose]();
      await ledger[Symbol.asyncDispose]();
    },
  };
}
