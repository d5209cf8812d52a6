import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { folderWith } from '../support/cli.js';
import { check } from '../validate/checking.js';

const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

const envelope = {
  type: 'object',
  required: ['id', 'name'],
  properties: { id: { type: 'string' }, name: { type: 'string' }, at: { type: 'string', format: 'date-time' } },
  'x-respool': { name: '/name' },
};
const events = {
  'order%2Fpaid': { required: ['at'], properties: { money: { $ref: '../money.json#/$defs/sum' } } },
  berthed: { type: 'object', required: ['at', 'tons'], properties: { tons: { type: 'number' } } },
};

const producer = `import type { AnyEvent, EventsByName } from './events.js';
export const paid: EventsByName['order/paid'] = { id: '1', name: 'order/paid', at: 'now', money: { amount: 3 } };
export const tons = (event: AnyEvent) => (event.name === 'berthed' ? event.tons : 0);
// @ts-expect-error an event of another name
export const other: EventsByName['berthed'] = paid;
// @ts-expect-error the time is missing
export const timeless: EventsByName['berthed'] = { id: '1', name: 'berthed', tons: 3 };
// @ts-expect-error an amount is a number
export const wrong: EventsByName['order/paid'] = { id: '1', name: 'order/paid', at: 'now', money: { amount: 'x' } };
`;

test('--emit-types writes types by which the compiler accepts what the schemas accept, and refuses what they refuse', async () => {
  await using folder = await folderWith({ 'producer.ts': producer });
  await mkdir(join(folder.path, 'schemas/events'), { recursive: true });
  const write = (name: string, schema: object) => writeFile(join(folder.path, 'schemas', name), JSON.stringify(schema));
  await write('envelope.schema.json', envelope);
  await write('money.json', {
    $defs: { sum: { type: 'object', required: ['amount'], properties: { amount: { type: 'number' } } } },
  });
  for (const [name, schema] of Object.entries(events)) await write(`events/${name}.schema.json`, schema);
  const { status } = await check(['--schema', 'schemas', '--emit-types', 'events.ts'], folder.path);
  const flags = ['--noEmit', '--strict', '--ignoreConfig', '--target', 'es2022', '--module', 'nodenext'];
  const compiled = spawnSync(process.execPath, [tsc, ...flags, 'producer.ts'], { cwd: folder.path, encoding: 'utf8' });

  expect(status).toBe(0);
  expect(compiled.stdout).toBe('');
  expect(compiled.status).toBe(0);
});
