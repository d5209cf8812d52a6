import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FlagShape } from '../../src/config/check.js';
import { loadConfig } from '../../src/config/load.js';
import { resolveSink, resolveSource } from '../../src/config/resolve.js';
import { folderWith } from '../support/cli.js';

const flags: readonly FlagShape[] = [
  { name: 'jobs', isSwitch: false, isRepeatable: false, isPath: false },
  { name: 'event', isSwitch: false, isRepeatable: true, isPath: false },
  { name: 'strict-id', isSwitch: true, isRepeatable: false, isPath: false },
  { name: 'schema', isSwitch: false, isRepeatable: false, isPath: true },
  { name: 'yes', isSwitch: true, isRepeatable: false, isPath: false },
];

function load(cwd: string, env: Record<string, string> = {}, path?: string) {
  return loadConfig({ cwd, env, flags: async () => flags, ...(path !== undefined && { path }) });
}

test('without a file the configuration is empty', async () => {
  await using folder = await folderWith({ '.git': '' });

  expect(await load(folder.path)).toMatchObject({ path: undefined, defaults: {}, sinks: {} });
});

test('YAML and JSON say the same', async () => {
  await using yaml = await folderWith({
    'respool.config.yaml':
      'defaults: { jobs: 4, event: [a, b], strict-id: true }\nsinks:\n  w: { to: "pglite:db", table: x y }\n',
  });
  await using json = await folderWith({
    'respool.config.json':
      '{"defaults": {"jobs": 4, "event": ["a", "b"], "strict-id": true},\n "sinks": {"w": {"to": "pglite:db", "table": "x y"}}}',
  });

  for (const folder of [yaml, json]) {
    const config = await load(folder.path);
    expect(config.defaults).toMatchObject({
      jobs: { texts: ['4'] },
      event: { texts: ['a', 'b'] },
      'strict-id': { texts: ['true'] },
    });
    expect(resolveSink('w', config)).toEqual({ name: 'w', url: 'pglite:db?table=x%20y' });
  }
});

test('the file is found in a folder above, and not above the root of the repository', async () => {
  await using folder = await folderWith({ 'respool.config.yaml': 'defaults: { schema: schemas }\n' });
  const inner = join(folder.path, 'repository', 'inner');
  await mkdir(inner, { recursive: true });
  const found = await load(inner);
  expect(found.path).toBe(join(folder.path, 'respool.config.yaml'));
  expect(found.defaults.schema?.texts).toEqual([join('..', '..', 'schemas')]);

  await mkdir(join(folder.path, 'repository', '.git'));
  expect((await load(inner)).path).toBeUndefined();
});

test('all problems are told at once, each with its place and what was meant', async () => {
  await using folder = await folderWith({
    'respool.config.yaml': `sink: {}
defaults:
  job: 4
  strict-id: maybe
  jobs: [1, 2]
  yes: true
fields:
  ids: /id
  time: [1]
  name: /a~b
sinks:
  lake: { table: x }
`,
  });

  await expect(load(folder.path)).rejects.toMatchObject({
    exitCode: 3,
    code: 'config_invalid',
    message: `respool.config.yaml has 9 problems:
  respool.config.yaml:1:1  unknown key "sink": did you mean "sinks"?
  respool.config.yaml:3:3  unknown flag "job": did you mean "jobs"?
  respool.config.yaml:4:14  strict-id must be true or false
  respool.config.yaml:5:9  jobs must be one value
  respool.config.yaml:6:3  yes must be given as a flag
  respool.config.yaml:12:9  lake needs "to: <URL>"
  respool.config.yaml:8:3  unknown field "ids": did you mean "id"?
  respool.config.yaml:9:9  time must be a name or a JSON Pointer
  respool.config.yaml:10:9  "/a~b" is no JSON Pointer: a ~ must be followed by 0 or 1: a ~ in a name is written ~0, a slash in a name ~1`,
  });
});

test('broken YAML and broken JSON name the line and column', async () => {
  await using yaml = await folderWith({ 'respool.config.yaml': 'defaults:\n  jobs: "4\n' });
  await using json = await folderWith({ 'respool.config.json': '{"defaults": {\n  "jobs": 4\n' });

  await expect(load(yaml.path)).rejects.toThrow(/respool\.config\.yaml:3:1 /);
  await expect(load(json.path)).rejects.toThrow(/respool\.config\.json:3:1 /);
});

test('a key that stands twice is refused', async () => {
  await using folder = await folderWith({ 'respool.config.yaml': 'fields: {id: a}\nfields: {id: b}\n' });

  await expect(load(folder.path)).rejects.toThrow('respool.config.yaml:2:1  Map keys must be unique');
});

test('two files in one folder are refused until one is named', async () => {
  await using folder = await folderWith({
    'respool.config.yaml': '',
    'respool.config.json': '{"fields": {"id": "x"}}',
  });

  await expect(load(folder.path)).rejects.toMatchObject({ code: 'config_ambiguous' });
  expect((await load(folder.path, {}, 'respool.config.json')).fields).toEqual({ id: 'x' });
});

test('a named file that does not exist is refused', async () => {
  await using folder = await folderWith();

  await expect(load(folder.path, {}, 'nowhere.yaml')).rejects.toMatchObject({ code: 'config_unreadable', exitCode: 3 });
});

test('variables of the environment are filled in; a missing one matters only to the sink that needs it', async () => {
  await using folder = await folderWith({
    'respool.config.yaml': `sinks:
  mixpanel-eu: { to: mixpanel, token: "\${TOKEN}", region: "\${REGION:-eu}", note: "$\${x}" }
  other: "postgres://\${DB_HOST}/app"
`,
  });
  const config = await load(folder.path, { TOKEN: 'a&b 12345' });

  expect(resolveSink('mixpanel-eu', config).url).toBe('mixpanel?token=a%26b%2012345&region=eu&note=%24%7Bx%7D');
  expect(config.secrets).toContain('a&b 12345');
  expect(() => resolveSink('other', config)).toThrow(
    'other (respool.config.yaml:3:3) needs the environment variable DB_HOST',
  );
});

test('a list repeats its option, and a map puts its keys behind a dot', async () => {
  await using folder = await folderWith({
    'respool.config.yaml': 'sinks:\n  w:\n    to: pglite:db?a=1\n    column: { user: /u }\n    tag: [x, y]\n',
  });

  expect(resolveSink('w', await load(folder.path)).url).toBe('pglite:db?a=1&column.user=%2Fu&tag=x&tag=y');
});

test('a word that is no configured name is an address, unless it is nearly one', async () => {
  await using folder = await folderWith({
    'respool.config.yaml': 'sinks: { warehouse: "pglite:db", mixpane: mixpanel }\nsources: { lake: "s3://b/p" }\n',
  });
  const config = await load(folder.path);

  expect(resolveSink('postgres://h/d', config)).toEqual({ name: undefined, url: 'postgres://h/d' });
  expect(resolveSink('mixpanel', config, ['mixpanel'])).toEqual({ name: undefined, url: 'mixpanel' });
  expect(() => resolveSink('warehuose', config)).toThrow('the configuration has no sink "warehuose"');
  expect(resolveSource('lake', config)).toEqual({ name: 'lake', url: 's3://b/p' });
  expect(resolveSource('lakes', config)).toEqual({ name: undefined, url: 'lakes' });
});

test('names such as __proto__ and constructor are nothing special', async () => {
  await using folder = await folderWith({ 'respool.config.json': '{"sinks": {"__proto__": "pglite:x"}}' });
  const config = await load(folder.path);

  expect(resolveSink('__proto__', config)).toEqual({ name: '__proto__', url: 'pglite:x' });
  expect(resolveSink('constructor', config)).toEqual({ name: undefined, url: 'constructor' });
});
