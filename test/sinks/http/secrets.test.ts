import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { events } from '../../replay/replaying.js';
import { startDatadogLogs } from '../../stand-ins/datadog-logs.js';
import { scripted } from '../../stand-ins/faults.js';
import { startMixpanel } from '../../stand-ins/mixpanel.js';
import { folderWith, respool } from '../../support/cli.js';

const SECRETS = {
  account: 'replayer.9f8e7d:mixpanel-secret-0a1b2c3d',
  token: 'mixpanel-token-4e5f6a7b8c9d',
  apiKey: 'datadog-api-key-1b2c3d4e5f',
  appKey: 'datadog-app-key-6a7b8c9d0e',
};
/** Each secret, the half behind the colon, and what `Authorization` makes of them. */
const FORBIDDEN = [
  ...Object.values(SECRETS),
  'mixpanel-secret-0a1b2c3d',
  Buffer.from(SECRETS.account).toString('base64'),
  Buffer.from(`${SECRETS.token}:`).toString('base64'),
];

/** Every byte of every file below a folder. */
async function allIn(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return (await Promise.all(files.map((file) => readFile(file, 'latin1')))).join('\n');
}

test.each(['in the environment', 'in the address', 'in the configuration'])(
  'secrets %s are in nothing that respool writes, whatever goes wrong',
  { timeout: 90_000 },
  async (where) => {
    await using mixpanel = await startMixpanel({ account: SECRETS.account });
    await using datadog = await startDatadogLogs({ apiKey: SECRETS.apiKey, appKey: SECRETS.appKey });
    const recent = JSON.stringify({ event_id: 'now', name: 'n', occurred_at: new Date().toISOString() });
    await using folder = await folderWith({ 'a.ndjson': `${events(5)}${recent}\nbroken\n` });
    const env = {
      MIXPANEL_SERVICE_ACCOUNT: SECRETS.account,
      MIXPANEL_PROJECT_ID: '2195193',
      DD_API_KEY: SECRETS.apiKey,
      DD_APP_KEY: SECRETS.appKey,
    };
    const query = new URLSearchParams({ 'service-account': SECRETS.account, project: '2195193' });
    const mine = where === 'in the environment' ? '' : `&${query}`;
    const keys =
      where === 'in the environment'
        ? ''
        : `&${new URLSearchParams({ 'api-key': SECRETS.apiKey, 'app-key': SECRETS.appKey })}`;
    const to = {
      mp: `mixpanel:?endpoint=${mixpanel.url}&retry-for=1&timeout=1${mine}`,
      dd: `datadog-logs:?endpoint=${datadog.url}&retry-for=1&timeout=1${keys}`,
    };
    const config = `sinks:\n  mp: "${to.mp}"\n  dd:\n    to: "datadog-logs:?endpoint=${datadog.url}&retry-for=1&timeout=1"\n    api-key: ${SECRETS.apiKey}\n`;
    const call = { cwd: folder.path, env: where === 'in the environment' ? env : {} };
    if (where === 'in the configuration') {
      const { writeFile } = await import('node:fs/promises');
      await using elsewhere = await folderWith({ 'respool.config.yaml': config });
      await writeFile(join(folder.path, 'events.ndjson'), events(5));
      const run = await respool(
        [
          'replay',
          'a.ndjson',
          '--to',
          'mp',
          '--to',
          'dd',
          '--config',
          join(elsewhere.path, 'respool.config.yaml'),
          '-v',
        ],
        call,
      );
      expect(run.status).not.toBe(3);
      expectNone(run.stdout + run.stderr + (await allIn(join(folder.path, '.respool'))));
      return;
    }
    const faults = () => scripted({ kind: 'answer', status: 503, body: SECRETS.apiKey.slice(0, 4) }, { kind: 'reset' });
    let written = '';
    for (const flags of [
      ['--dry-run'],
      ['-v'],
      ['--output', 'json'],
      ['--output', 'markdown', '--fresh', '--resend'],
    ]) {
      mixpanel.misbehave(faults());
      datadog.misbehave(faults());
      const run = await respool(['replay', 'a.ndjson', '--to', to.mp, '--to', to.dd, ...flags], call);
      written += run.stdout + run.stderr;
    }
    const refused = await respool(['replay', 'a.ndjson', '--fresh', '--to', to.mp.replace('2195193', '1'), '-v'], {
      ...call,
      env: { ...call.env, MIXPANEL_PROJECT_ID: '1' },
    });
    expect(refused.status).toBe(2);
    const bad = await respool(['replay', 'a.ndjson', '--to', `mixpanel:?token=${SECRETS.token}&regoin=eu`], call);
    expect(bad.status).toBe(3);
    written += refused.stdout + refused.stderr + bad.stdout + bad.stderr;
    expectNone(written + (await allIn(join(folder.path, '.respool'))));
    expect(mixpanel.query().length).toBeGreaterThan(0);
    expect(datadog.logs.length + datadog.requests).toBeGreaterThan(0);
  },
);

function expectNone(written: string): void {
  expect(written.length).toBeGreaterThan(1_000);
  for (const secret of FORBIDDEN) {
    expect(written.includes(secret), `${secret.slice(0, 8)}… was written`).toBe(false);
    expect(written.includes(encodeURIComponent(secret)), `${secret.slice(0, 8)}… was written`).toBe(false);
  }
}
