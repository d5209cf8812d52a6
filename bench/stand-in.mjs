// Serves a stand-in of a service as a process of its own: node bench/stand-in.mjs <mixpanel|datadog-logs> [key.pem cert.pem]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [, , service, keyPath, certPath] = process.argv;
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
if (process.env.RESPOOL_BENCH_BUILT === undefined || !existsSync(here('build/mixpanel.js'))) {
  const files = ['mixpanel', 'datadog-logs'].map((name) => here(`../test/stand-ins/${name}.ts`));
  const flags = [
    '--ignoreConfig',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--noCheck',
    '--outDir',
    here('build'),
  ];
  const built = spawnSync('npx', ['tsc', ...flags, ...files], { cwd: here('..'), encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stdout + built.stderr);
}
const tls = keyPath && { tls: { key: readFileSync(keyPath, 'utf8'), cert: readFileSync(certPath, 'utf8') } };
const unlimited = { keepsRows: false, eventsPerMinute: Infinity, bytesPerMinute: Infinity };
const start = async () =>
  service === 'mixpanel'
    ? (await import('./build/mixpanel.js')).startMixpanel({ ...unlimited, ...tls })
    : (await import('./build/datadog-logs.js')).startDatadogLogs({ ...unlimited, ...tls });
const server = await start();
process.stdout.write(`${server.url}\n`);
process.on('SIGTERM', async () => {
  process.stdout.write(`${JSON.stringify({ ...server.counters, requests: server.requests })}\n`);
  await server[Symbol.asyncDispose]();
  process.exit(0);
});
