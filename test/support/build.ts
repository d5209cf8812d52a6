import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles the command line that tests spawn. Type errors are the business of `npm run check`. */
export default function setup(): void {
  const { stderr, status } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`dist/ could not be built (${status}):\n${stderr}`);
}
