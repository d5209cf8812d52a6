import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { berth, berthSchema, check } from './checking.js';

const against = ['--schema', 'schema.json'];
const good = berth(1);
const bad = berth(2, { tons: -1 });

/** Checks fixtures of these names, each of which is what it should be. */
async function checkFixtures(files: Readonly<Record<string, string>>, args: readonly string[], config?: string) {
  await using folder = await folderWith({
    'schema.json': berthSchema,
    ...(config !== undefined && { 'respool.config.yaml': config }),
  });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, name)), { recursive: true });
    await writeFile(join(folder.path, name), text);
  }
  return await check([...args, ...against], folder.path);
}

test('the name of the file speaks first, then the nearest folder, then words between dashes', async () => {
  const { status, report } = await checkFixtures(
    {
      'f/ok.json': good,
      'f/no-time-invalid.json': bad,
      'f/valid/order-invalid-state.json': good,
      'f/valid/a.fail.json': bad,
      'f/invalid/a.json': bad,
      'f/invalid/corner.valid.json': good,
      'f/invalid/good/b.json': good,
      'f/bad/c.ndjson': `${bad}\n${bad}`,
      'f/x.pass.json': good,
    },
    ['--fixtures', './f/'],
  );
  expect(report).toMatchObject({ problems: [], findings: [], valid: 5, invalid: 5 });
  expect(status).toBe(0);
});

test.each([['f/invalid'], ['f/invalid/a.json'], ['f/**/*.json'], ['f/{invalid,valid}/*']])(
  '--fixtures %s knows that invalid/a.json must be refused',
  async (word) => {
    const files = { 'f/invalid/a.json': bad, 'f/valid/b.json': good };
    expect((await checkFixtures(files, ['--fixtures', word])).status).toBe(0);
    const passing = await checkFixtures({ ...files, 'f/invalid/a.json': good }, ['--fixtures', word]);
    expect(passing.report.problems).toMatchObject([{ rule: 'invalid_fixture_passes' }]);
  },
);

test('--invalid-pattern stands in for the usual names, in the configuration as well', async () => {
  const files = { 'f/refused/a.json': bad, 'f/x.broken.json': bad, 'f/invalid/b.json': good };
  const flags = ['--invalid-pattern', 'refused', '--invalid-pattern', '*.broken.*'];
  const config = 'defaults: { fixtures: [f], invalid-pattern: [refused/**, "*.broken.json"] }\n';

  expect(await checkFixtures(files, ['--fixtures', 'f', ...flags])).toMatchObject({
    status: 0,
    report: { findings: [] },
  });
  expect(await checkFixtures(files, [], config)).toMatchObject({ status: 0, report: { findings: [] } });
  expect((await checkFixtures(files, ['--fixtures', 'f'])).report.problemCount).toBe(3);
});

test('--valid-pattern wins over the usual names, and a fixture of no kind or of both is a finding', async () => {
  const files = { 'f/invalid/really/a.json': good, 'f/invalid/b.json': bad, 'f/c.json': good };
  const valid = ['--fixtures', 'f', '--valid-pattern', 'really'];
  const lone = await checkFixtures(files, valid);
  const wide = await checkFixtures(files, [...valid, '--valid-pattern', 'c.json']);
  const both = await checkFixtures(files, [...valid, '--valid-pattern', 'c.json', '--invalid-pattern', 'invalid/**']);

  expect(lone).toMatchObject({ status: 1, report: { problems: [] } });
  expect(lone.report.findings).toMatchObject([
    { code: 'fixture_of_no_kind', message: expect.stringContaining('f/c.json') },
  ]);
  expect(wide).toMatchObject({ status: 0, report: { findings: [] } });
  expect(both.report.findings).toMatchObject([{ code: 'fixture_of_both_kinds' }]);
});

test('a pattern that matches nothing is a finding, and one that is none is refused', async () => {
  const files = { 'f/a.json': good };
  const idle = await checkFixtures(files, ['--fixtures', 'f', '--invalid-pattern', 'refsued/**']);
  const broken = await checkFixtures(files, ['--fixtures', 'f', '--invalid-pattern', '{a']);
  const alone = await checkFixtures(files, ['f', '--valid-pattern', '*']);

  expect(idle.status).toBe(1);
  expect(idle.report.findings).toEqual([
    { code: 'pattern_without_fixture', message: '--invalid-pattern "refsued/**" matches none of 1 fixtures' },
  ]);
  expect(broken).toMatchObject({ status: 3, stderr: expect.stringContaining('never closed') });
  expect(alone).toMatchObject({ status: 3, stderr: expect.stringContaining('--fixtures') });
});

test('the folder that respool runs in has its say where a fixture is named from there', async () => {
  await using folder = await folderWith({ 'schema.json': berthSchema });
  const here = join(folder.path, 'f', 'invalid');
  await mkdir(here, { recursive: true });
  await writeFile(join(here, 'a.json'), bad);

  expect(await check(['a.json', '--fixtures', '..', '--schema', '../../schema.json'], here)).toMatchObject({
    status: 0,
    report: { files: 1, invalid: 1, problems: [] },
  });
});
