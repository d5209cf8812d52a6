import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';

const bin = fileURLToPath(new URL('../../bin/respool.js', import.meta.url));

test('a limit on the size of files is named, with the way to raise it', { timeout: 60_000 }, async () => {
  const events = Array.from({ length: 4_000 }, (_, n) => `{"event_id":"e${n}","text":"${'x'.repeat(500)}"}\n`).join('');
  await using folder = await folderWith({ b: events });
  await writeFile(join(folder.path, 'a'), gzipSync(events));
  const command = `ulimit -f 100; exec "${process.execPath}" "${bin}" diff a b --quiet`;
  const { status, stderr } = await new Promise<{ status: unknown; stderr: string }>((resolve) =>
    execFile('bash', ['-c', command], { cwd: folder.path }, (error, _stdout, text) =>
      resolve({ status: error?.code ?? 0, stderr: text }),
    ),
  );
  expect(stderr).toMatch(/diff cannot be written \(EFBIG.*\n.*ulimit -f unlimited/u);
  expect(status).toBe(2);
});
