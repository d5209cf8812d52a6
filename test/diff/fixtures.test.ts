import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { diffCli } from './comparing.js';

// Each calls whole commands, which a loaded machine needs time for.
vi.setConfig({ testTimeout: 90_000 });

/** Cases that daff, csvdiff, csvkit, qsv and data-diff are known for, told again with events of our own. */
const folder = join(import.meta.dirname, '../../fixtures/diff');

test.concurrent.each(readdirSync(folder))('%s', async (name) => {
  const files = readdirSync(join(folder, name));
  const sideOf = (side: string) => join(folder, name, files.find((file) => file.startsWith(side)) ?? '');
  const args = wordsOf(readFileSync(join(folder, name, 'args.txt'), 'utf8'));
  const expected = JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8'));
  const state = await mkdtemp(join(tmpdir(), 'respool-diff-'));
  try {
    const { status, report } = await diffCli([sideOf('left.'), sideOf('right.'), '--state-dir', state, ...args]);
    expect({ status, ...report }).toMatchObject(expected);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
});

/** Words as a shell takes them, with double quotes only. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/gu)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
