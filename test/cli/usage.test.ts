import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { folderWith, respool } from '../support/cli.js';

const BIN = fileURLToPath(new URL('../../bin/respool.js', import.meta.url));

const wrong: readonly (readonly [args: string, says: string, hint?: string])[] = [
  ['replya x', 'respool has no command "replya"', 'did you mean respool replay?'],
  ['constructor', 'respool has no command "constructor"'],
  ['backfill undoo', 'respool backfill has no command "undoo"', 'did you mean respool backfill undo?'],
  ['runs shwo x', 'respool runs has no command "shwo"', 'did you mean respool runs show?'],
  ['ledger', 'respool ledger needs to know what to do', 'respool ledger stats, respool ledger export'],
  ['repair --help', 'respool repair needs to know what to do', 'respool repair test'],
  ['backfill undoo --to mixpanel', 'undoo: no such file or folder'],
  ['replay x --config nope.yaml', 'nope.yaml cannot be read: there is no such file'],
  ['--hlep', 'respool has no option "--hlep"', 'did you mean respool --help?'],
  ['replay', 'respool replay needs a source'],
  ['replay x --too a', 'respool replay has no option --too', 'did you mean --to?'],
  ['replay x --to', '--to needs a value'],
  ['replay x --to --dry-run', '--to needs a value', 'a value that begins with -- is given as --to=--value'],
  ['replay x --limit 0', '--limit takes a whole number of at least 1, not "0"'],
  ['replay x --jobs 1e9', '--jobs takes a whole number from 1 to 256, not "1e9"'],
  ['replay x --format cvs', '--format takes one of ndjson, json', 'did you mean csv?'],
  ['replay x --max-rejected 101%', '--max-rejected takes a number of events or a percentage up to 100%'],
  ['replay x --since yesterday', '--since takes a date or an RFC 3339 time'],
  ['replay x --since 2019-02-30', '--since takes a date or an RFC 3339 time'],
  [
    'replay x --partitions-within 2019-02-01..2019-01-01',
    '--partitions-within takes a range that ends after it begins',
  ],
  ['replay x --timezone Europe/Belrin', 'Europe/Belrin', 'Europe/Berlin'],
  ['replay x --delimiter ab', '--delimiter takes one character'],
  ['replay x --id /a~b', '--id takes a field name or a JSON Pointer'],
  ['replay x --output jsn', '--output takes one of table, json, markdown', 'did you mean json?'],
  ['replay x --output json --output markdown', '--output json and --output markdown cannot both go to standard output'],
  ['completion fsh', 'shell is one of bash, zsh, fish, not "fsh"', 'did you mean fish?'],
  ['completion bash zsh', 'respool completion takes 1 argument, not more'],
];

const refused = wrong.map(([args, says, hint]) => ({ args, says, hint }));

test.each(refused)('respool $args is refused with exit 3 and says what is allowed', async ({ args, says, hint }) => {
  await using folder = await folderWith();
  const { status, stdout, stderr } = await respool(args.split(' '), { cwd: folder.path });

  expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
  expect(stderr).toMatch(/^error: /);
  expect(stderr).toContain(says);
  if (hint !== undefined) expect(stderr.split('hint: ')[1]).toContain(hint);
  expect(stderr).not.toMatch(/^ +at /m);
});

test('-v shows where an error comes from', async () => {
  const { stderr } = await respool(['replay', 'x', '--limit', '0', '-v']);

  expect(stderr).toMatch(/^ +at .*values/m);
});

test('a password in an address is not printed when the address is wrong', async () => {
  await using folder = await folderWith({ 'dump.ndjson': '{"id":1}\n' });
  const args = ['replay', 'dump.ndjson', '--to', 'postgres://app:geheim-77@127.0.0.1:1/app?table=events'];
  const { status, stdout, stderr } = await respool([...args, '-v'], { cwd: folder.path });

  expect(status).not.toBe(0);
  expect(stdout + stderr).not.toContain('geheim-77');
});

test.each([
  ['replay nothing-here.ndjson --output json', 'replay', 3, 'source_not_found'],
  ['replay x --dryrun --output=json', 'replay', 3, 'unknown_option'],
  ['runs show 20190801-1 --output json:-', 'runs show', 3, 'no_such_run'],
])('with --output json a program can read why %s failed', async (args, command, exitCode, code) => {
  await using folder = await folderWith();
  const { status, stdout, stderr } = await respool(args.split(' '), { cwd: folder.path });

  expect(status).toBe(exitCode);
  expect(JSON.parse(stdout)).toMatchObject({ reportVersion: 1, command, complete: false, exitCode, error: { code } });
  expect(stderr).toContain(`error: ${JSON.parse(stdout).error.message}`);
});

test.each([
  ['validate x --schema nowhere', 'schema_not_found'],
  ['validate x --nope', 'unknown_option'],
  ['validate x --schema nowhere --output table', undefined],
])('where the configuration wants JSON, %s answers with %s', async (args, code) => {
  await using folder = await folderWith({ 'respool.config.yaml': 'defaults:\n  output: [json]\n' });
  const { status, stdout } = await respool(args.split(' '), { cwd: folder.path });

  expect(status).toBe(3);
  if (code === undefined) expect(stdout).toBe('');
  else expect(JSON.parse(stdout)).toMatchObject({ command: 'validate', exitCode: 3, error: { code } });
});

test('the error that a program reads holds no secret', async () => {
  await using folder = await folderWith({ 'dump.ndjson': '{"id":1}\n' });
  const env = { DD_API_KEY: 'geheimer-schluessel' };
  const args = ['replay', 'dump.ndjson', '--to', 'geheimer-schluessel:x', '--output', 'json'];
  const { stdout } = await respool(args, { cwd: folder.path, env });

  expect(JSON.parse(stdout)).toMatchObject({ exitCode: 3, error: { message: expect.stringContaining('***') } });
  expect(stdout).not.toContain('geheimer');
});

test.skipIf(!existsSync('/dev/full'))('a full disk behind the report is told as that, with exit 2', async () => {
  await using folder = await folderWith({ 'a.ndjson': '{"event_id":"a"}\n', 's.json': '{}' });
  const command = `"${process.execPath}" "${BIN}" validate a.ndjson --schema s.json > /dev/full`;
  const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: folder.path, encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('standard output cannot be written'),
  });
});

test.skipIf(!existsSync('/proc/self'))(
  'a folder that can neither be found nor made is refused, in no time',
  async () => {
    await using folder = await folderWith({ 'a.ndjson': '{"event_id":"a"}\n' });
    for (const stateDir of ['/proc/respool', '/proc/respool/deep']) {
      const { status, stderr } = await respool(['replay', 'a.ndjson', '--state-dir', stateDir], { cwd: folder.path });
      expect({ stateDir, status, stderr }).toEqual({
        stateDir,
        status: 2,
        stderr: expect.stringContaining(`${stateDir}`),
      });
      expect(stderr).not.toContain('defect');
    }
  },
);

test('in a folder that has been removed respool says so', async () => {
  await using folder = await folderWith();
  const command = `mkdir gone && cd gone && rmdir ../gone && "${process.execPath}" "${BIN}" replay x`;
  const { status, stderr } = spawnSync('sh', ['-c', command], { cwd: folder.path, encoding: 'utf8' });
  expect({ status, stderr }).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('does not exist any more\nhint: '),
  });
});
