import type { Ledger } from '../ledger.js';
import { openBook } from './book.js';
import { enterWriter, numberOfSink, openStore } from './store.js';

/** The ledger in a folder of this machine: one process writes it at a time. */
export async function openLmdbLedger(folder: string, { isDurable = true } = {}): Promise<Ledger> {
  const store = await openStore(folder, isDurable ? 'write' : 'scratch');
  const open: AsyncDisposable[] = [];
  let number: Promise<number> | undefined;
  return {
    label: folder,
    async openBook(label, writer) {
      number ??= enterWriter(store, writer);
      const sink = await numberOfSink(store, label);
      const book = openBook(store, { sink, writer: await number, run: writer.run });
      open.push(book);
      return book;
    },
    async [Symbol.asyncDispose]() {
      try {
        for (const book of open) await book[Symbol.asyncDispose]();
      } finally {
        await store[Symbol.asyncDispose]();
      }
    },
  };
}
