// Marking in the ledger against a bare lmdb loop of the same transactions, turn by turn in one process.
// Usage: node bench/ledger.mjs [ids] [ids a transaction]
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { hashId } from '../dist/event/id-hash.cjs';
import { openLmdbLedger } from '../dist/flow/ledger/lmdb/lmdb-ledger.cjs';

const IDS = Number(process.argv[2] ?? 200_000);
const BATCH = Number(process.argv[3] ?? 2_000);
const folder = mkdtempSync(join(tmpdir(), 'respool-bench-'));

/** A batch as the flow hands it over; only what the ledger looks at. */
function batchOf(ids, from) {
  const bytes = Buffer.from(ids.join(''));
  const ends = Uint32Array.from(ids, (_, at) => (at + 1) * 36);
  const idHashes = new Uint32Array(2 * ids.length);
  for (let i = 0; i < ids.length; i++) hashId(bytes, i * 36, (i + 1) * 36, idHashes, 2 * i);
  return { count: ids.length, ids: { bytes, ends }, idHashes, offsets: Float64Array.from(ids, (_, at) => from + at) };
}

async function timed(work) {
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - startedMs) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

const ledger = await openLmdbLedger(join(folder, 'ledger'));
const book = await ledger.openBook('sink', { run: 'run', source: 'source', startedAt: new Date().toISOString() });
const bare = open({ path: join(folder, 'bare.mdb'), noSubdir: true, encoding: 'binary', keyEncoding: 'binary' });

const sums = { ledger: { seconds: 0, cpuSeconds: 0 }, bare: { seconds: 0, cpuSeconds: 0 } };
const add = (name, { seconds, cpuSeconds }) => {
  sums[name].seconds += seconds;
  sums[name].cpuSeconds += cpuSeconds;
};
for (let at = 0; at < IDS; at += BATCH) {
  const ids = Array.from({ length: BATCH }, () => randomUUID());
  const events = batchOf(ids, at);
  const all = new Uint8Array(BATCH).fill(1);
  const marking = async () => {
    await book.look({ events, part: 0 }, all);
    const claim = await book.claim({ events, part: 0 }, all, { isForced: false, hasMark: false });
    await claim.settle(all);
  };
  const loop = async () => {
    for (const state of [5, 1]) {
      const value = Buffer.alloc(17, state);
      for (const id of ids) void bare.put(Buffer.from(id), value);
      await bare.flushed;
    }
  };
  add('ledger', await timed(marking));
  add('bare', await timed(loop));
}
add('ledger', await timed(() => ledger[Symbol.asyncDispose]()));
await bare.close();
rmSync(folder, { recursive: true });
for (const [name, { seconds, cpuSeconds }] of Object.entries(sums)) {
  const rate = Math.round(IDS / seconds).toLocaleString('en-US');
  console.log(`${name.padEnd(6)} ${rate.padStart(9)} ids/s  ${seconds.toFixed(1)} s  ${cpuSeconds.toFixed(1)} CPU s`);
}
console.log(`ledger / bare: ${(sums.bare.seconds / sums.ledger.seconds).toFixed(2)} by the clock`);
