import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { idOf, textOf } from '../../../src/event/batch.js';
import { parsePointer } from '../../../src/event/pointer.js';
import { createPreparer } from '../../../src/flow/prepare/preparer.js';
import type { PrepareInput, PrepareSpec } from '../../../src/flow/prepare/spec.js';
import { loadRepair } from '../../../src/flow/repair/load.js';
import { readRules } from '../../../src/flow/repair/read-rules.js';
import type { RepairSpec } from '../../../src/flow/repair/rule.js';

const field = (text: string) => ({ pointer: parsePointer(text), text: `/${text}`, why: 'flag' }) as const;
const spec: PrepareSpec = {
  decoder: { module: new URL('../../../src/sources/dump/decode.ts', import.meta.url).href, options: { cellTypes: {} } },
  fields: { id: field('id'), name: field('name'), time: field('at') },
  timezone: 'UTC',
  identical: 'merge',
  filter: { events: [] },
  encoders: [],
};

async function mend(repair: RepairSpec, text: string, format: PrepareInput['format'] = { kind: 'ndjson' }) {
  const preparer = await createPreparer({ ...spec, repair });
  const batch = preparer.prepare({ format, bytes: new Uint8Array(Buffer.from(text)) });
  const { events, held, read, repaired, added, dropped, invalid, undecodable, filtered, repairs } = batch;
  expect(read + added).toBe(undecodable + filtered + dropped + invalid + events.count);
  const all = Array.from({ length: events.count }, (_, i) => ({
    id: idOf(events, i),
    text: Buffer.from(textOf(events, i)).toString(),
    timeUs: events.timesUs[i],
  }));
  return { events: all, held, counts: { read, repaired, added, dropped, invalid }, repairs };
}

async function rules(text: string): Promise<RepairSpec> {
  return { kind: 'rules', rules: (await readRules(text, 'r.yaml')).rules };
}

test('an event keeps the id it had, takes the time that a rule gives it, and its untouched bytes', async () => {
  const repair = await rules(`rules: [{ name: t, when: event.at == null, do: [{ copy: { /sent: /at } }] }]`);
  const line = '{ "id":"a", "at":null, "n":12345678901234567890.10, "sent":"2024-01-01T00:00:00Z" }';
  const { events, counts, repairs } = await mend(repair, `${line}\n{"id":"b","at":"2024-01-02T00:00:00Z"}\n`);
  expect(events).toEqual([
    {
      id: 'a',
      text: '{ "id":"a", "at":"2024-01-01T00:00:00Z", "n":12345678901234567890.10, "sent":"2024-01-01T00:00:00Z" }',
      timeUs: Date.UTC(2024, 0, 1) * 1_000,
    },
    { id: 'b', text: '{"id":"b","at":"2024-01-02T00:00:00Z"}', timeUs: Date.UTC(2024, 0, 2) * 1_000 },
  ]);
  expect(counts).toEqual({ read: 2, repaired: 1, added: 0, dropped: 0, invalid: 0 });
  expect(repairs.map(({ original, rules: names, id }) => [Buffer.from(original).toString(), names, id])).toEqual([
    [line, ['t'], 'a'],
  ]);
});

test('an event without an id is known by what it was, and a rule that sets the id changes it', async () => {
  const sets = await rules(`rules: [{ name: i, do: [{ set: { /id: { cel: 'event.key' } } }] }]`);
  const changes = await rules(`rules: [{ name: c, do: [{ set: { /x: 1 } }] }]`);
  const none: RepairSpec = { kind: 'rules', rules: [] };
  const [plain, changed, set] = [
    await mend(none, '{"key":"k"}'),
    await mend(changes, '{"key":"k"}'),
    await mend(sets, '{"key":"k"}'),
  ];
  expect(changed.events[0]?.id).toBe(plain.events[0]?.id);
  expect(set.events[0]?.id).toBe('k');
});

test('the parts of an event have ids of their own, the same each time, also when they repeat the id of the whole', async () => {
  const repair = await rules(`rules: [{ name: s, do: [{ splitArray: { at: /items, into: /item } }] }]`);
  const lines = '{"id":"a","items":[1,2]}\n{"id":"b"}\n{"id":"c","items":[]}';
  const first = await mend(repair, lines);
  expect(first.counts).toEqual({ read: 3, repaired: 2, added: 1, dropped: 1, invalid: 0 });
  expect(new Set(first.events.map(({ id }) => id)).size).toBe(3);
  expect((await mend(repair, lines)).events).toEqual(first.events);
});

test('rows of CSV are repaired as well, all in one buffer', async () => {
  const repair = await rules(`rules: [{ name: c, when: event.at == "", do: [{ set: { /at: "2024-01-01" } }] }]`);
  const rows = Array.from({ length: 5_000 }, (_, i) => `${i},${i % 2 === 0 ? '' : '2024-05-05'}`).join('\n');
  const format = { kind: 'csv', columns: ['id', 'at'], delimiter: ',', quote: '"' } as const;
  const { events, counts } = await mend(repair, rows, format);
  expect(counts).toMatchObject({ read: 5_000, repaired: 2_500 });
  expect(events[4_998]?.text).toBe('{"id":"4998","at":"2024-01-01"}');
  expect(events[4_999]?.text).toBe('{"id":"4999","at":"2024-05-05"}');
});

test('code may mend, drop and split; what it throws or returns by mistake holds that event alone', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'respool-')), 'fix.mjs');
  writeFileSync(
    path,
    `export default (event) => {
      if (event.kind === 'throw') throw new Error('no');
      if (event.kind === 'text') return 'text';
      if (event.kind === 'drop') return null;
      if (event.kind === 'two') return [{ ...event, part: 1 }, { ...event, part: 2 }];
      event.n += 1;
      return event;
    };`,
  );
  const { spec: repair } = await loadRepair(path);
  const kinds = ['plain', 'throw', 'text', 'drop', 'two'];
  const { events, held, counts } = await mend(
    repair,
    kinds.map((kind) => `{"id":"${kind}","kind":"${kind}","n":1,"big":1.0000000000000000001}`).join('\n'),
  );
  expect(events.map(({ text }) => text)).toEqual([
    '{"id":"plain","kind":"plain","n":2,"big":1.0000000000000000001}',
    '{"id":"two","kind":"two","n":1,"big":1.0000000000000000001,"part":1}',
    '{"id":"two","kind":"two","n":1,"big":1.0000000000000000001,"part":2}',
  ]);
  expect(held.map(({ problems }) => problems[0])).toEqual([
    { code: 'repair_failed', message: 'fix.mjs: no' },
    { code: 'repair_failed', message: 'fix.mjs must return an event, null, or an array of events' },
  ]);
  expect(counts).toEqual({ read: 5, repaired: 3, added: 1, dropped: 1, invalid: 2 });
});
