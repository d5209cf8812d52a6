import { expect, test } from 'vitest';
import { folderWith, respool } from '../support/cli.js';

const dump = '{"id":"a","name":"n","time":"2020-01-01T00:00:00Z"}\n';

test('a sink and defaults of the configuration serve as if they were typed', async () => {
  await using folder = await folderWith({
    'dump.ndjson': dump,
    'respool.config.yaml':
      'sinks: { warehouse: { to: "pglite:db", table: seen } }\ndefaults: { to: warehouse, output: json }\n',
  });
  const { status, stdout } = await respool(['replay', 'dump.ndjson'], { cwd: folder.path });

  expect(status).toBe(0);
  const [sink] = JSON.parse(stdout).sinks;
  expect(sink).toMatchObject({ accepted: 1, label: expect.stringContaining('seen') });
});

test('what is typed wins over the configuration', async () => {
  await using folder = await folderWith({ 'dump.ndjson': dump, 'respool.config.yaml': 'defaults: { limit: none }\n' });

  expect(await respool(['replay', 'dump.ndjson', '--dry-run', '--limit', '1'], { cwd: folder.path })).toMatchObject({
    status: 0,
  });
});

test('a wrong default is refused with its place in the file', async () => {
  await using folder = await folderWith({ 'dump.ndjson': dump, 'respool.config.yaml': 'defaults:\n  limit: none\n' });
  const { status, stderr } = await respool(['replay', 'dump.ndjson'], { cwd: folder.path });

  expect(status).toBe(3);
  expect(stderr).toContain('limit (respool.config.yaml:2:3) takes a whole number of at least 1, not "none"');
});

test('a misspelt sink of the configuration is named', async () => {
  await using folder = await folderWith({
    'dump.ndjson': dump,
    'respool.config.yaml': 'sinks: { warehouse: "pglite:db" }\n',
  });
  const { status, stderr } = await respool(['replay', 'dump.ndjson', '--to', 'warehuose'], { cwd: folder.path });

  expect(status).toBe(3);
  expect(stderr).toContain('did you mean warehouse?');
});
