// How the ledger grows: marks made-up ids and tells rate, memory and size as it goes.
// With --filled the tree is filled first, in the order of its keys, which goes several times as fast as marking.
// node bench/ledger-size.mjs [--ids 100000000] [--filled 0] [--order random|time] [--batch 20000] [--minutes 25] [--folder <folder>]
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { open } from 'lmdb';
import { hashId } from '../dist/event/id-hash.cjs';
import { encodeEntry, keyOf } from '../dist/flow/ledger/lmdb/entry.cjs';
import { openLmdbLedger } from '../dist/flow/ledger/lmdb/lmdb-ledger.cjs';

const { values: flags } = parseArgs({
  options: {
    ids: { type: 'string', default: '100000000' },
    filled: { type: 'string', default: '0' },
    order: { type: 'string', default: 'random' },
    batch: { type: 'string', default: '20000' },
    minutes: { type: 'string', default: '25' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [most, filled, size] = [Number(flags.ids), Number(flags.filled), Number(flags.batch)];
const ROWS = 20;
const HEX = Buffer.from('0123456789abcdef');
const folder = mkdtempSync(join(flags.folder, 'respool-ledger-'));

/** 16 bytes of id `n`, as a UUID: all of them mixed, or the first six a time that goes on. */
function writeId(out, at, n) {
  const words = [mix(n), mix(n + 0x9e3779b9), mix(n ^ 0x5bd1e995), mix(~n)];
  if (flags.order === 'time') {
    const ms = 1_700_000_000_000 + Math.floor(n / 20);
    words[0] = Math.floor(ms / 65_536) >>> 0;
    words[1] = (((ms % 65_536) << 16) | (words[1] & 0xffff)) >>> 0;
  }
  // What makes ids differ for certain.
  words[3] = n >>> 0;
  let to = at;
  for (let digit = 0; digit < 32; digit++) {
    if (digit === 8 || digit === 12 || digit === 16 || digit === 20) out[to++] = 0x2d;
    out[to++] = HEX[(words[digit >> 3] >>> (28 - 4 * (digit & 7))) & 15];
  }
}

function mix(n) {
  let x = Math.imul((n ^ (n >>> 16)) + 0x6d2b79f5, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A batch as the flow hands it over; only what the ledger looks at. */
function batchOf(from, count) {
  const bytes = Buffer.alloc(36 * count);
  const [ends, idHashes] = [new Uint32Array(count), new Uint32Array(2 * count)];
  for (let i = 0; i < count; i++) {
    writeId(bytes, 36 * i, from + i);
    ends[i] = 36 * (i + 1);
    hashId(bytes, 36 * i, 36 * i + 36, idHashes, 2 * i);
  }
  return { count, ids: { bytes, ends }, idHashes, offsets: Float64Array.from(ends, (_, at) => 350 * (from + at)) };
}

/** The id number `n` of those that fill the tree, in the order of their keys. */
function writeFilledId(out, n) {
  const place = Math.floor((n / filled) * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
  out.write(`${place.slice(0, 8)}-${place.slice(8)}-4000-8000-${n.toString(16).padStart(12, '0')}`, 'latin1');
}

/** Fills the tree of a ledger that has been closed; its first sink has number 1. */
async function fill(path) {
  const tree = open({ path, noSubdir: true, maxDbs: 8, encoding: 'binary', keyEncoding: 'binary', noSync: true });
  const ids = tree.openDB('ids', { encoding: 'binary', keyEncoding: 'binary' });
  const id = Buffer.alloc(36);
  const value = encodeEntry({ state: 1, writer: 1, part: 0, offset: 0 }, id);
  for (let n = 0; n < filled; ) {
    const end = Math.min(filled, n + 500_000);
    ids.transactionSync(() => {
      for (; n < end; n++) {
        writeFilledId(id, n);
        ids.putSync(keyOf(1, id), value, { append: true });
      }
    });
    if (n % (filled / ROWS) === 0) console.log(`filled ${n}, ${Math.round(anonymousMb())} MB`);
  }
  await tree.flushed;
  await tree.close();
}

/** Ids that fill the tree, anywhere in it. */
function filledBatch(count) {
  const bytes = Buffer.alloc(36 * count);
  const [ends, idHashes] = [new Uint32Array(count), new Uint32Array(2 * count)];
  for (let i = 0; i < count; i++) {
    writeFilledId(bytes.subarray(36 * i), Math.floor((i / count) * filled));
    ends[i] = 36 * (i + 1);
    hashId(bytes, 36 * i, 36 * i + 36, idHashes, 2 * i);
  }
  return { count, ids: { bytes, ends }, idHashes, offsets: new Float64Array(count) };
}

const anonymousMb = () => Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1_024;
const sizeMb = (name) => Math.round(statSync(join(folder, 'ledger', name)).size / 1e6);

const writer = { run: 'run', source: 'source', startedAt: new Date().toISOString() };
if (filled > 0) {
  const first = await openLmdbLedger(join(folder, 'ledger'));
  await first.openBook('sink', writer);
  await first[Symbol.asyncDispose]();
  await fill(join(folder, 'ledger', 'ids.mdb'));
  console.log(`filled with ${filled} ids: ids.mdb ${sizeMb('ids.mdb')} MB`);
}
const ledger = await openLmdbLedger(join(folder, 'ledger'));
const book = await ledger.openBook('sink', writer);
if (filled > 0) {
  const started = performance.now();
  const standings = await book.look({ events: filledBatch(size), part: 0 }, new Uint8Array(size).fill(1));
  const known = standings.filter((standing) => standing !== 0).length;
  console.log(`${known} of ${size} of them are known, ${Math.round(performance.now() - started)} ms`);
}
const all = new Uint8Array(size).fill(1);
const [startedMs, cpuAtStart] = [performance.now(), process.cpuUsage()];
let [peakMb, done, row] = [0, 0, { ids: 0, ms: startedMs, cpu: cpuAtStart }];
console.log('       ids     ids/s  µs CPU/id  peak MB  ids.mdb MB  log.mdb MB');
while (done < most && performance.now() - startedMs < Number(flags.minutes) * 60_000) {
  const batch = { events: batchOf(done, size), part: 0 };
  await book.look(batch, all);
  const claim = await book.claim(batch, all, { isForced: false, hasMark: false });
  await claim.settle(all);
  done += size;
  peakMb = Math.max(peakMb, anonymousMb());
  if (done - row.ids < most / ROWS && done < most) continue;
  const { user, system } = process.cpuUsage(row.cpu);
  const [ids, seconds] = [done - row.ids, (performance.now() - row.ms) / 1_000];
  const cells = [done, Math.round(ids / seconds), ((user + system) / ids).toFixed(1), Math.round(peakMb)];
  const widths = [10, 10, 11, 9];
  const text = cells.map((cell, at) => String(cell).padStart(widths[at])).join('');
  console.log(`${text}${String(sizeMb('ids.mdb')).padStart(12)}${String(sizeMb('log.mdb')).padStart(12)}`);
  row = { ids: done, ms: performance.now(), cpu: process.cpuUsage() };
}
await ledger[Symbol.asyncDispose]();
rmSync(folder, { recursive: true });
