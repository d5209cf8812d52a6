import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openDump } from '../../../src/sources/dump/dump.js';
import { readSource } from '../reading.js';

const root = fileURLToPath(new URL('../../../fixtures/dumps', import.meta.url));

test.each(readdirSync(root).filter((name) => !name.startsWith('.')))(
  '%s is read as its expected.json says',
  async (name) => {
    const folder = join(root, name);
    const input = readdirSync(folder).find((file) => file.startsWith('input.')) ?? '';
    await using source = await openDump([join(folder, input)], {});
    const { records, problems, failures } = await readSource(source);
    const outcome = {
      records: records.map(({ text, line, offset }) => ({ line, offset, text })),
      problems: problems.map(({ code, line, offset, raw }) => ({
        line,
        offset,
        code,
        raw: String(Buffer.from(raw ?? [])),
      })),
      failures: failures.map(({ error }) => ('code' in error ? error.code : error.message)),
      notes: (source.notes ?? []).map((note) => note.slice(note.indexOf(': ') + 2)),
    };

    await expect(`${JSON.stringify(outcome, null, 2)}\n`).toMatchFileSnapshot(join(folder, 'expected.json'));
  },
);
