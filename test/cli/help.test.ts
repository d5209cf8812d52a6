import { expect, test } from 'vitest';
import { loadCommands } from '../../src/commands/registry.js';
import { respool } from '../support/cli.js';

test('help lists every command and every exit code on standard output', async () => {
  const { status, stdout, stderr } = await respool(['--help']);

  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const unfolded = stdout.replace(/\s+/gu, ' ');
  for (const { name, summary } of await loadCommands()) expect(unfolded).toContain(` ${name} ${summary}`);
  expect(stdout).toContain('130, 143');
});

test.each([
  ['replay', '--help'],
  ['help', 'replay'],
  ['replay', 'dump.ndjson', '-h'],
])('the page of a command names each of its options: respool %s %s', async (...args) => {
  const { status, stdout } = await respool(args);

  expect(status).toBe(0);
  const replay = (await loadCommands()).find(({ name }) => name === 'replay');
  for (const { description } of Object.values(replay?.options ?? {})) expect(stdout).toContain(description.flag);
});

test('help fits into 80 columns', async () => {
  for (const args of [['--help'], ['replay', '--help'], ['completion', '--help']]) {
    const { stdout } = await respool(args);
    const summaries = stdout.split('\nExamples')[0] ?? '';
    expect(summaries.split('\n').filter((line) => line.length > 80)).toEqual([]);
  }
});

test('without a command, help goes to standard error as wrong usage', async () => {
  const { status, stdout, stderr } = await respool([]);

  expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
  expect(stderr).toContain('Usage: respool <command> [options]');
});

test('the version is that of the package', async () => {
  const { default: facts } = await import('../../package.json', { with: { type: 'json' } });

  expect(await respool(['--version'])).toEqual({ status: 0, stdout: `${facts.version}\n`, stderr: '' });
});

test('colours need a terminal or FORCE_COLOR, and NO_COLOR wins', async () => {
  const colour = '\u001b[';

  expect((await respool(['--help'])).stdout).not.toContain(colour);
  expect((await respool(['--help'], { env: { FORCE_COLOR: '1' } })).stdout).toContain(colour);
  expect((await respool(['--help'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } })).stdout).not.toContain(colour);
});
