// Measures the sinks that speak HTTP against their stand-ins: npm run bench:http [-- --events 1000000] [--only mixpanel,datadog,peer].
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { recentEvents } from './data.mjs';
import { measure } from './measure.mjs';

const { values: flags } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    only: { type: 'string' },
    runs: { type: 'string', default: '2' },
  },
});
const events = Number(flags.events);
const only = flags.only?.split(',') ?? ['mixpanel', 'datadog', 'peer'];
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const bin = here('../bin/respool.js');
const schema = here('wide.schema.json');
const folder = mkdtempSync(join(tmpdir(), 'respool-bench-'));
const file = await recentEvents(events);
const keys = {
  account: 'respool.a1b2c3:service-secret-xyz',
  project: '2195193',
  datadog: 'dd-api-key-0123456789abcdef',
};
const results = [];

try {
  for (let run = 0; run < Number(flags.runs); run++) {
    await timed('read, parse, check, encode, gzip, throw away', () =>
      measure('node', [here('throw-away.mjs'), file, schema], { cwd: here('..') }),
    );
    if (only.includes('mixpanel'))
      await respool('mixpanel', (url) => `mixpanel:?endpoint=${url}&events-per-second=1000000`);
    if (only.includes('datadog')) await respool('datadog-logs', (url) => `datadog-logs:?endpoint=${url}`);
  }
  if (only.includes('peer')) await peer();
  console.log(
    `\n${cpus().length} cores, Node ${process.version}, ${flags.events} events, ${Math.round(statSync(file).size / 1e6)} MB`,
  );
  console.table(results);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function timed(what, run) {
  const { seconds, cpuSeconds, anonymousMb } = await run();
  const row = {
    what,
    seconds: seconds.toFixed(1),
    'events/s': Math.round(events / seconds),
    'CPU s': cpuSeconds.toFixed(1),
    'events/CPU s': Math.round(events / cpuSeconds),
    'anonymous MB': Math.round(anonymousMb),
  };
  results.push(row);
  console.log(JSON.stringify(row));
}

async function respool(service, address) {
  const standIn = await start(service);
  const state = mkdtempSync(join(folder, 'state-'));
  const env = { MIXPANEL_SERVICE_ACCOUNT: keys.account, MIXPANEL_PROJECT_ID: keys.project, DD_API_KEY: keys.datadog };
  const args = ['replay', file, '--to', address(standIn.url), '--schema', schema, '--state-dir', state];
  await timed(`respool to ${service}, with schema, ledger and gzip`, () => measure('node', [bin, ...args], { env }));
  console.log(await standIn.stop());
}

/** mixpanel-import knows no other address, so its connections are led to the stand-in, whose certificate it trusts. */
async function peer() {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=api.mixpanel.com', '-addext', 'subjectAltName=DNS:api.mixpanel.com'];
  spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '2',
    ...subject,
  ]);
  const standIn = await start('mixpanel', key, cert);
  const env = {
    NODE_EXTRA_CA_CERTS: cert,
    NODE_OPTIONS: `--require ${here('redirect.cjs')}`,
    BENCH_PORT: new URL(standIn.url).port,
  };
  const [acct, pass] = keys.account.split(':');
  await timed('mixpanel-import, with gzip', () =>
    measure('node', [here('peer.mjs'), file, acct, pass, keys.project], { env, cwd: here('.') }),
  );
  console.log(await standIn.stop());
}

async function start(service, ...tls) {
  const child = spawn('node', [here('stand-in.mjs'), service, ...tls], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  while (!said.includes('\n')) await new Promise((resolve) => setTimeout(resolve, 20));
  return {
    url: said.trim(),
    async stop() {
      said = '';
      child.kill('SIGTERM');
      await new Promise((resolve) => child.on('close', resolve));
      return said.trim();
    },
  };
}
