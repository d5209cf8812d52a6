// Shows the main job: a bundled dump replayed twice into the embedded Postgres; the second run adds nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
if (!existsSync(join(root, 'dist/cli/main.cjs'))) run('npm', ['run', '--silent', 'build']);

const state = mkdtempSync(join(tmpdir(), 'respool-demo-'));
const replay = ['replay', 'fixtures/demo/harbour.ndjson', '--schema', 'fixtures/demo/schema', '--state-dir', state];
try {
  for (const what of [
    'The first run delivers every good event and keeps the bad ones:',
    'The second run adds nothing:',
  ]) {
    console.log(`\n${what}\n$ respool ${replay.slice(0, 4).join(' ')}\n`);
    const status = run(process.execPath, ['bin/respool.js', ...replay]);
    // 1 means done with findings: the dump holds three bad lines on purpose.
    if (status > 1) process.exit(status);
  }
} finally {
  rmSync(state, { recursive: true, force: true });
}

function run(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status ?? 2;
}
