import { describe, expect, test } from 'vitest';
import {
  type Book,
  BUSY,
  FREE,
  type Ledger,
  TAKEN,
  TAKEN_HERE,
  UNKNOWN,
  type Writer,
} from '../../../src/flow/ledger/ledger.js';
import { batchOf, wanting } from './batch.js';

/** A place for a ledger, which can be opened again and again. */
export interface LedgerUnderTest extends AsyncDisposable {
  open(): Promise<Ledger>;
  /** Leaves the ledger as a process does that is killed. */
  abandon(ledger: Ledger): Promise<void>;
}

const HOW = { isForced: false, hasMark: false };
const writer = (run: string): Writer => ({ run, source: 'dump.ndjson', startedAt: '2026-01-01T00:00:00.000Z' });

/** What every ledger promises, wherever it is kept. `many` ids are enough for its ways with large numbers. */
export function ledgerContract(name: string, many: number, start: () => Promise<LedgerUnderTest>): void {
  describe(`the ledger in ${name}`, () => {
    test('an event that was taken is taken for every later run, and here for the same place of the same run', async () => {
      await using t = await start();
      const batch = { events: batchOf(['a', 'b']), part: 3 };
      await write(t, 'one', (book) => take(book, batch));

      await write(t, 'one', async (book) => {
        expect([...(await book.look(batch, wanting(batch.events)))]).toEqual([TAKEN_HERE, TAKEN_HERE]);
        const elsewhere = { events: batchOf(['a', 'b'], 7), part: 3 };
        expect([...(await book.look(elsewhere, wanting(batch.events)))]).toEqual([TAKEN, TAKEN]);
        expect([...(await book.look({ ...batch, part: 4 }, wanting(batch.events)))]).toEqual([TAKEN, TAKEN]);
      });
      await write(t, 'two', async (book) => {
        expect([...(await book.look(batch, wanting(batch.events)))]).toEqual([TAKEN, TAKEN]);
      });
    });

    test('what a process was sending when it died is unknown, until somebody notes an answer', async () => {
      await using t = await start();
      const batch = { events: batchOf(['a', 'b', 'c']), part: 0 };
      const dead = await t.open();
      const book = await dead.openBook('sink', writer('one'));
      await book.claim(batch, wanting(batch.events), HOW);
      await t.abandon(dead);

      await write(t, 'one', async (again) => {
        expect([...(await again.look(batch, wanting(batch.events)))]).toEqual([UNKNOWN, UNKNOWN, UNKNOWN]);
        const claim = await again.claim(batch, wanting(batch.events, [0, 1]), HOW);
        expect([...claim.isMine]).toEqual([1, 1, 0]);
        await claim.settle(Uint8Array.of(TAKEN, FREE, FREE));
      });
      await write(t, 'one', async (again) => {
        expect([...(await again.look(batch, wanting(batch.events)))]).toEqual([TAKEN_HERE, expect.anything(), UNKNOWN]);
      });
    });

    test('what the sink did not take is free again', async () => {
      await using t = await start();
      const batch = { events: batchOf(['a', 'b', 'c']), part: 0 };
      await write(t, 'one', async (book) => {
        const claim = await book.claim(batch, wanting(batch.events), HOW);
        await claim.settle(Uint8Array.of(FREE, TAKEN, UNKNOWN));
        expect([...(await book.look(batch, wanting(batch.events)))]).toEqual([FREE, TAKEN, UNKNOWN]);
      });
      await write(t, 'two', async (book) => {
        expect([...(await book.look(batch, wanting(batch.events)))]).toEqual([FREE, TAKEN, UNKNOWN]);
      });
    });

    test('ids are compared exactly, even where their hashes are the same', async () => {
      await using t = await start();
      const uuid = '0190a3c4-7b1e-7cc3-98c4-dc0c0c07398f';
      const ids = ['', 'a', uuid, uuid.toUpperCase(), 'é', 'x'.repeat(5_000), `${'x'.repeat(4_999)}y`, 'a\u0000b'];
      const same = (events: ReturnType<typeof batchOf>) => ({ ...events, idHashes: events.idHashes.map(() => 7) });
      await write(t, 'one', async (book) => {
        for (const [at, id] of ids.entries()) {
          const batch = { events: same(batchOf([id], at)), part: 0 };
          expect([...(await book.look(batch, wanting(batch.events)))]).toEqual([FREE]);
          await take(book, batch);
          expect([...(await book.look(batch, wanting(batch.events)))]).toEqual([TAKEN]);
        }
      });
      await write(t, 'two', async (book) => {
        const events = batchOf([...ids, uuid.replace('0', '1'), 'b']);
        const standings = await book.look({ events, part: 0 }, wanting(events));
        expect([...standings]).toEqual([...ids.map(() => TAKEN), FREE, FREE]);
      });
    });

    test('each sink has a book of its own', async () => {
      await using t = await start();
      const batch = { events: batchOf(['a']), part: 0 };
      await using ledger = await t.open();
      await take(await ledger.openBook('one', writer('run')), batch);
      const other = await ledger.openBook('two', writer('run'));
      expect([...(await other.look(batch, wanting(batch.events)))]).toEqual([FREE]);
    });

    test('a mark is kept together with the events, and tells whether a delivery was interrupted', async () => {
      await using t = await start();
      const batch = { events: batchOf(['a']), part: 0 };
      const marked = { isForced: false, hasMark: true };
      const dead = await t.open();
      const book = await dead.openBook('sink', writer('one'));
      expect(await book.mark()).toBeUndefined();
      await book.setMark('0');
      await (await book.claim(batch, wanting(batch.events), marked)).settle(Uint8Array.of(TAKEN), '10');
      expect(await book.mark()).toEqual({ text: '10', wasInterrupted: false });
      await book.claim({ events: batchOf(['b']), part: 0 }, Uint8Array.of(1), marked);
      await t.abandon(dead);

      await write(t, 'one', async (again) => {
        expect(await again.mark()).toEqual({ text: '10', wasInterrupted: true });
        await again.forget();
        expect(await again.mark()).toBeUndefined();
        expect([...(await again.look(batch, wanting(batch.events)))]).toEqual([FREE]);
      });
    });

    test(`${many} ids over several processes are all known`, async () => {
      await using t = await start();
      const all = Array.from({ length: 10 }, (_, n) =>
        batchOf(
          Array.from({ length: many / 10 }, (_, i) => `${n}-${i}`),
          n * 1_000_000,
        ),
      );
      for (const half of [all.slice(0, 8), all.slice(8)]) {
        await write(t, 'one', async (book) => {
          for (const events of half) await take(book, { events, part: 0 });
        });
      }
      await write(t, 'one', async (book) => {
        for (const events of all) {
          const standings = await book.look({ events, part: 0 }, wanting(events));
          expect(standings.every((standing) => standing === TAKEN_HERE)).toBe(true);
        }
      });
    });
  });
}

/** Only where several processes may write at once. */
export function sharedLedgerContract(name: string, start: () => Promise<LedgerUnderTest>): void {
  test(`of two living writers of the ledger in ${name} only one gets an event`, async () => {
    await using t = await start();
    await using first = await t.open();
    await using second = await t.open();
    const batch = { events: batchOf(['a', 'b']), part: 0 };
    const mine = await first.openBook('sink', writer('one'));
    const theirs = await second.openBook('sink', writer('two'));
    const claims = await Promise.all([mine, theirs].map((book) => book.claim(batch, wanting(batch.events), HOW)));
    const got = claims.map(({ isMine }) => isMine.reduce((sum, one) => sum + one, 0));
    expect(got[0] === 2 ? got : got.toReversed()).toEqual([2, 0]);
    const loser = got[0] === 2 ? theirs : mine;
    expect([...(await loser.look(batch, wanting(batch.events)))]).toEqual([BUSY, BUSY]);
  });
}

async function write(t: LedgerUnderTest, run: string, work: (book: Book) => Promise<void>): Promise<void> {
  await using ledger = await t.open();
  await work(await ledger.openBook('sink', writer(run)));
}

async function take(book: Book, batch: Parameters<Book['claim']>[0]): Promise<void> {
  const claim = await book.claim(batch, wanting(batch.events), HOW);
  await claim.settle(new Uint8Array(batch.events.count).fill(TAKEN));
}
