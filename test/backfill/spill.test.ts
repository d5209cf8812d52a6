import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSpill, type Spill } from '../../src/backfill/slices/spill.js';

const MEGABYTE = 1 << 20;

test('what has been written is never looked at again, and what waits for its file is not called written', async () => {
  await using place = await openPlace();
  const { spill } = place;
  const small = Buffer.alloc(1_000, 'a');
  const large = Buffer.alloc(MEGABYTE, 'b');
  spill.bytes('small', small);
  spill.bytes('large', large);
  await spill.room();
  expect([spill.added, spill.written]).toEqual([MEGABYTE + 1_000, 0]);

  large.fill('x');
  await spill.end();
  expect(spill.written).toBe(spill.added);
  small.fill('x');
  expect((await place.read('small')).equals(Buffer.alloc(1_000, 'a'))).toBe(true);
  expect((await place.read('large')).equals(Buffer.alloc(MEGABYTE, 'b'))).toBe(true);
});

test('what has been waiting for long is written, however little it is', async () => {
  await using place = await openPlace();
  const { spill } = place;
  spill.bytes('small', Buffer.alloc(1_000));
  for (let n = 0; n < 17; n++) {
    spill.bytes('large', Buffer.alloc(MEGABYTE));
    await spill.room();
  }
  expect(spill.written).toBe(spill.added);
  expect((await place.read('small')).length).toBe(1_000);
});

interface Place extends AsyncDisposable {
  readonly spill: Spill;
  read(name: string): Promise<Buffer>;
}

async function openPlace(): Promise<Place> {
  const home = await mkdtemp(join(tmpdir(), 'respool-spill-'));
  const folder = join(home, 'slices');
  const spill = await openSpill(folder);
  return {
    spill,
    read: (name) => readFile(join(folder, name)),
    async [Symbol.asyncDispose]() {
      await spill[Symbol.asyncDispose]();
      await rm(home, { recursive: true });
    },
  };
}
