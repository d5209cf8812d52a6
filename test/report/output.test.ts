import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { parseOutputs, printOutputs, type Renderers } from '../../src/report/output.js';
import { folderWith } from '../support/cli.js';

type Format = 'table' | 'json' | 'markdown';

const formats = ['table', 'json', 'markdown'] as const;
const renderers: Renderers<string, Format> = {
  table: (value) => `table ${value}\n`,
  json: (value) => `json ${value}\n`,
  markdown: async (value) => `markdown ${value}\n`,
};

async function print(values: readonly string[], cwd: string) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const streams = { stdout, stderr, cwd, colors: { stdout: false, stderr: false }, columns: 80 };
  const printing = { value: 'x', outputs: parseOutputs<Format>(values, formats), renderers };
  const error = await printOutputs(printing, streams).catch((caught: unknown) => caught);
  return { stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? ''), error };
}

test('without --output the first format goes to standard output', async () => {
  expect(await print([], '.')).toEqual({ stdout: 'table x\n', stderr: '', error: undefined });
});

test('a table gives way to standard error when another format has standard output', async () => {
  expect(await print(['table', 'json'], '.')).toMatchObject({ stdout: 'json x\n', stderr: 'table x\n' });
});

test('a file is written whole, and beside it nothing is left', async () => {
  await using folder = await folderWith({ 'out.json': 'old and much longer' });
  await print(['table', 'json:out.json', 'markdown:out.md'], folder.path);

  expect(await readFile(join(folder.path, 'out.json'), 'utf8')).toBe('json x\n');
  expect((await readdir(folder.path)).toSorted()).toEqual(['out.json', 'out.md']);
});

test('a path may hold colons, and - is standard output', () => {
  expect(parseOutputs(['json:a:b.json', 'table:-'], formats)).toEqual([
    { format: 'json', path: 'a:b.json' },
    { format: 'table' },
  ]);
});

test('a file that cannot be written is an error after everything else has been printed', async () => {
  await using folder = await folderWith();
  await mkdir(join(folder.path, 'taken'));
  const { stdout, error } = await print(['json:taken', 'table'], folder.path);

  expect(stdout).toBe('table x\n');
  expect(error).toMatchObject({ code: 'output_unwritable', exitCode: 2 });
  expect(await readdir(folder.path)).toEqual(['taken']);
});
