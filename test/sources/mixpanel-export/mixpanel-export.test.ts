import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { rangesOf } from '../../../src/sources/mixpanel-export/days.js';
import { events, replay } from '../../replay/replaying.js';
import { scripted } from '../../stand-ins/faults.js';
import { ACCOUNT, type MixpanelSwitches, PROJECT, startMixpanel } from '../../stand-ins/mixpanel.js';
import { folderWith } from '../../support/cli.js';

const env = { MIXPANEL_SERVICE_ACCOUNT: ACCOUNT, MIXPANEL_PROJECT_ID: PROJECT };
const row = (event: string, properties: string) =>
  `{"event":"${event}","properties":{${properties},"$import":true,"$mp_api_endpoint":"api.mixpanel.com","mp_processing_time_ms":1}}\n`;
const ROWS = [
  row(
    'a',
    '"time":1700000000123,"distinct_id":"canonical","$distinct_id_before_identity":"device-1","$insert_id":"i-1","n":12345678901234567890',
  ),
  row(
    'b',
    '"time":1700000001000,"distinct_id":"u2","$insert_id":"i-2","event":"inner","note":"export terminated early"',
  ),
];

/** Replays what is named into a file and gives its lines back. */
async function replayed(args: readonly string[], cwd: string) {
  const run = await replay([...args, '--to', 'file:out.ndjson', '--fresh'], { cwd, env });
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(join(cwd, 'out.ndjson'), 'utf8').catch(() => '');
  return { run, lines: text.split('\n').filter((line) => line !== '') };
}

describe('a file of Mixpanel’s raw export', () => {
  test('is a dump of the events that were imported, with their exact values', async () => {
    await using folder = await folderWith({ 'export.ndjson': ROWS.join('') });
    const { run, lines } = await replayed(['export.ndjson'], folder.path);
    expect(run).toMatchObject({ status: 0, report: { read: 2, sinks: [{ accepted: 2 }] } });
    expect(lines).toEqual([
      '{"event":"a","time":1700000000123,"distinct_id":"device-1","$insert_id":"i-1","n":12345678901234567890}',
      '{"event":"b","time":1700000001000,"distinct_id":"u2","$insert_id":"i-2","properties.event":"inner","note":"export terminated early"}',
    ]);
  });

  test.each([
    ['Mixpanel’s own words', `${ROWS.join('')}export terminated early\n`],
    ['a row that is cut off', `${ROWS.join('')}${(ROWS[0] ?? '').slice(0, 40)}`],
  ])('that ends with %s is incomplete: exit 2, and what was whole is read', async (_, text) => {
    await using folder = await folderWith({});
    await writeFile(join(folder.path, 'export.json.gz'), gzipSync(text));
    const { run, lines } = await replayed(['export.json.gz'], folder.path);
    expect(run).toMatchObject({
      status: 2,
      report: { complete: false, read: 2, failures: [{ code: 'export_incomplete' }] },
    });
    expect(lines).toHaveLength(2);
  });
});

describe('an export of a project', () => {
  async function start(switches: MixpanelSwitches = {}) {
    const folder = await folderWith({ 'a.ndjson': events(40) });
    const mixpanel = await startMixpanel(switches);
    await replay(['a.ndjson', '--to', `mixpanel:?endpoint=${mixpanel.url}`], { cwd: folder.path, env });
    return {
      mixpanel,
      folder,
      days: `mixpanel-export:?from=2019-12-31&to=2020-01-02&endpoint=${mixpanel.url}`,
      async [Symbol.asyncDispose]() {
        await mixpanel[Symbol.asyncDispose]();
        await folder[Symbol.asyncDispose]();
      },
    };
  }

  test('gives back what was imported, so that importing it again changes no report', async () => {
    await using t = await start();
    const shown = JSON.stringify(t.mixpanel.query().map(({ ingestedMs, ...others }) => others));
    const again = await replay([t.days, '--resend', '--to', `mixpanel:?endpoint=${t.mixpanel.url}`], {
      cwd: t.folder.path,
      env,
    });
    expect(again).toMatchObject({ status: 0, report: { read: 40, sinks: [{ accepted: 40 }] } });
    expect(t.mixpanel.raw).toHaveLength(80);
    expect(t.mixpanel.query()).toHaveLength(40);
    expect(JSON.parse(shown)[0].properties).toMatchObject({ $insert_id: 'e0' });
  });

  test('that ends early or is cut off is exit 2, and the other days are read', async () => {
    await using t = await start({ endsEarly: { afterRows: 10, how: 'words' } });
    const { run, lines } = await replayed([t.days], t.folder.path);
    expect(run.status).toBe(2);
    expect(run.report.failures?.map(({ code }) => code)).toContain('export_incomplete');
    expect(lines).toHaveLength(10);
  });

  test('waits while Mixpanel is busy, and ends at once when it is refused', async () => {
    await using t = await start();
    t.mixpanel.misbehave(scripted({ kind: 'answer', status: 429, body: '{"error":"too many"}' }));
    expect((await replayed([t.days], t.folder.path)).lines).toHaveLength(40);
    const wrong = { MIXPANEL_SERVICE_ACCOUNT: 'respool:wrong-secret-words', MIXPANEL_PROJECT_ID: PROJECT };
    const run = await replay([t.days, '--to', 'file:other.ndjson'], { cwd: t.folder.path, env: wrong });
    expect(run.status).toBe(2);
    expect(run.stdout + run.stderr).toContain('Invalid credentials');
    expect(run.stdout + run.stderr).not.toContain('wrong-secret-words');
  });

  test.each(['', '?from=2020-01-01', '?from=2020-01-02&to=2020-01-01', '?from=2020-13-01&to=2020-01-01', '?form=x'])(
    'cannot be named mixpanel-export:%s',
    async (query) => {
      await using folder = await folderWith();
      const run = await replay([`mixpanel-export:${query}`, '--to', 'file:x'], { cwd: folder.path, env });
      expect(run.status).toBe(3);
      expect(run.stderr).toMatch(/hint: .+/u);
    },
  );
});

test('a long range is cut into few exports that touch and do not overlap', () => {
  expect(rangesOf('2026-01-01', '2026-01-03')).toHaveLength(3);
  const year = rangesOf('2025-01-01', '2025-12-31');
  expect(year.length).toBeLessThanOrEqual(50);
  expect(year[0]?.from).toBe('2025-01-01');
  expect(year.at(-1)?.to).toBe('2025-12-31');
  for (const [n, { from }] of year.entries()) {
    if (n > 0) expect(Date.parse(from) - Date.parse(year[n - 1]?.to ?? '')).toBe(86_400_000);
  }
});
