import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idOf, nameOf, textOf } from '../../src/event/batch.js';
import { parsePointer } from '../../src/event/pointer.js';
import { createPreparer } from '../../src/flow/prepare/preparer.js';
import type { PreparedBatch, PrepareSpec } from '../../src/flow/prepare/spec.js';

const decoder = new URL('../../src/sources/dump/decode.ts', import.meta.url).href;
const unwrap = new URL('../../src/sources/envelope/unwrap.ts', import.meta.url).href;

function field(text: string) {
  const pointer = parsePointer(text);
  return { pointer, text: `/${pointer.join('/')}`, why: 'flag' } as const;
}

const plain: PrepareSpec = {
  decoder: { module: decoder, options: { cellTypes: {} } },
  unwrapper: { module: unwrap, options: {} },
  fields: { id: field('id'), name: field('kind'), time: field('at') },
  timezone: 'UTC',
  identical: 'merge',
  filter: { events: [] },
  encoders: [],
};

async function prepare(text: string | Buffer, spec: Partial<PrepareSpec> = {}): Promise<PreparedBatch> {
  const preparer = await createPreparer({ ...plain, ...spec });
  return preparer.prepare({ format: { kind: 'ndjson' }, bytes: new Uint8Array(Buffer.from(text)) });
}

const texts = ({ events }: PreparedBatch) =>
  Array.from({ length: events.count }, (_, i) => Buffer.from(textOf(events, i)).toString());
const ids = ({ events }: PreparedBatch) => Array.from({ length: events.count }, (_, i) => idOf(events, i));

test('an event keeps its bytes, digits, key order and unicode', async () => {
  const line =
    '{ "kind":"tide", "id":"a", "level":12345678901234567890.10, "note":"Zürich \\u00e9 🌊", "at":"2019-07-01T00:00:00Z"}';
  const batch = await prepare(`${line}\n`);
  expect(texts(batch)).toEqual([line]);
  expect(ids(batch)).toEqual(['a']);
  expect(nameOf(batch.events, 0)).toBe('tide');
  expect(batch.events.timesUs[0]).toBe(Date.UTC(2019, 6, 1) * 1_000);
});

test('what is no event is held back with the byte and the reason, and its neighbours flow on', async () => {
  const lines = ['{"id":1}', '{"id":2,}', '[1]', '"text"', '{"id":"\\ud800"}', '{"id":3}'];
  const batch = await prepare(lines.join('\n'));
  expect(ids(batch)).toEqual(['1', '3']);
  expect(batch).toMatchObject({ read: 6, undecodable: 4, invalid: 0 });
  expect(batch.held.map(({ line, problems }) => [line, problems[0]?.code])).toEqual([
    [1, 'invalid_json'],
    [2, 'not_an_object'],
    [3, 'not_an_object'],
    [4, 'lone_surrogate'],
  ]);
  expect(batch.held.map(({ raw }) => Buffer.from(raw).toString())).toEqual(lines.slice(1, 5));
});

test('invalid UTF-8 condemns its own line only, and names the byte', async () => {
  const bad = Buffer.concat([Buffer.from('{"id":"a"}\n{"id":"'), Buffer.from([0xff]), Buffer.from('"}\n{"id":"c"}\n')]);
  const batch = await prepare(bad);
  expect(ids(batch)).toEqual(['a', 'c']);
  expect(batch.held[0]).toMatchObject({ line: 1, offset: 11, problems: [{ code: 'invalid_utf8' }] });
  expect(batch.held[0]?.problems[0]?.message).toContain('byte 8');
});

test('a numeric id keeps all its digits', async () => {
  const batch = await prepare('{"id":9007199254740993}\n{"id":7}\n');
  expect(ids(batch)).toEqual(['9007199254740993', '7']);
});

test('an id that is no scalar is a finding, not a guess', async () => {
  const batch = await prepare('{"id":{"a":1}}\n{"id":"b"}\n');
  expect(ids(batch)).toEqual(['b']);
  expect(batch.held[0]).toMatchObject({ kind: 'invalid', problems: [{ pointer: '/id' }] });
});

test('events without an id get one from their content: equal content, equal id, whatever the order of keys', async () => {
  const batch = await prepare('{"x":1,"y":[1.0]}\n{"y":[1],"x":1e0}\n{"x":2}\n');
  const [first, second, third] = ids(batch);
  expect(first).toBe(second);
  expect(first).not.toBe(third);
  expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(batch.remarks.derivedIds).toBe(3);
});

test('identical events without an id can be kept apart, the same way on every run', async () => {
  const dump = '{"x":1}\n{"x":1}\n{"x":1}\n{"x":2}\n';
  const first = ids(await prepare(dump, { identical: 'keep' }));
  expect(new Set(first).size).toBe(4);
  expect(ids(await prepare(dump, { identical: 'keep' }))).toEqual(first);
  expect(first[0]).toBe(ids(await prepare('{"x":1}\n'))[0]);
});

test('a repeated key is a remark with its place; the last one counts', async () => {
  const batch = await prepare('{"id":"a"}\n{"id":"b","p":{"k":1,"k":2},"id":"c"}\n');
  expect(ids(batch)).toEqual(['a', 'c']);
  expect(batch.remarks).toMatchObject({ duplicateKeys: 1, duplicateKeyExample: { line: 1 } });
});

test('a record that holds many events is split, each with its own text and identity', async () => {
  const record = '{"account":1,"Records":[{"id":"a","n":1.50}, {"id":"b"} ,7]}';
  const batch = await prepare(`${record}\n{"Records":[]}\n{"other":1}\n`, { split: ['Records'] });
  expect(texts(batch)).toEqual(['{"id":"a","n":1.50}', '{"id":"b"}']);
  expect(batch).toMatchObject({ read: 4, undecodable: 2 });
  expect(batch.held.map(({ problems }) => problems[0]?.code)).toEqual(['not_an_object', 'nothing_to_split']);
});

test('the filter is inclusive at its start, exclusive at its end, and lets events without a time go on', async () => {
  const dump = ['2019-06-30T23:59:59.999Z', '2019-07-01T00:00:00Z', '2019-07-02T00:00:00Z', 'never']
    .map((at, i) => JSON.stringify({ id: i, at }))
    .join('\n');
  const filter = { events: [], sinceUs: Date.UTC(2019, 6, 1) * 1e3, untilUs: Date.UTC(2019, 6, 2) * 1e3 };
  const batch = await prepare(dump, { filter });
  expect(ids(batch)).toEqual(['1', '3']);
  expect(batch).toMatchObject({ read: 4, filtered: 2 });
});

test('names are chosen by globs, contents by CEL', async () => {
  const dump = '{"id":1,"kind":"tide_up","n":5}\n{"id":2,"kind":"tide_down","n":50}\n{"id":3,"kind":"fog"}\n';
  expect(ids(await prepare(dump, { filter: { events: ['tide_*'] } }))).toEqual(['1', '2']);
  const where = await prepare(dump, { filter: { events: [], where: 'event.n > 10' } });
  expect(ids(where)).toEqual(['2']);
  expect(where.remarks).toMatchObject({ whereErrors: 1, whereExample: expect.stringContaining('n') });
});

test('an expression that is no CEL is refused before anything is read', async () => {
  await expect(prepare('', { filter: { events: [], where: 'event.n >' } })).rejects.toMatchObject({
    code: 'bad_where',
  });
});

test.each([
  ['evnt.n > 10', 'there is no "evnt"; did you mean "event"?'],
  ['event.at > now()', "there is no 'now()'"],
])('%s would hold for no event, and is refused before anything is read', async (where, message) => {
  await expect(prepare('', { filter: { events: [], where } })).rejects.toMatchObject({
    code: 'bad_where',
    message: expect.stringContaining(message),
  });
});

test('a text that nests ten thousand deep is refused, and takes nothing else with it', async () => {
  const deep = `{"id":"a","x":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
  const batch = await prepare(`${deep}\n{"id":"b"}\n`);
  expect(ids(batch)).toEqual(['b']);
  expect(batch.held[0]?.problems[0]?.code).toBe('nested_too_deep');
});

test('only as many events are taken as are wanted', async () => {
  const preparer = await createPreparer(plain);
  const bytes = new Uint8Array(Buffer.from('{"id":1}\nnonsense\n{"id":2}\n{"id":3}\n'));
  const batch = preparer.prepare({ format: { kind: 'ndjson' }, bytes, maxEvents: 2 });
  expect(ids(batch)).toEqual(['1']);
  expect(batch).toMatchObject({ read: 2, undecodable: 1 });
});

test('a line of a quarantine is opened: the event inside is tried once more, one attempt older', async () => {
  const line = (event: string) =>
    `{"respool":"quarantine/1","run":"r","kind":"rejected","attempts":2,"problems":[{"code":"x","message":"y"}],${event}}`;
  const batch = await prepare(`${line('"event":{"id":"a","n":1.00}')}\n${line('"raw":"{\\"id\\": oops"')}\n`);
  expect(texts(batch)).toEqual(['{"id":"a","n":1.00}']);
  expect(batch.events.attempts?.[0]).toBe(2);
  expect(batch.held[0]).toMatchObject({ kind: 'undecodable', attempts: 2, problems: [{ code: 'x' }] });
  expect(Buffer.from(batch.held[0]?.raw ?? []).toString()).toBe('{"id": oops');
});

test('lines that are JSON only together, or only apart, are judged one by one', async () => {
  const good = '{"id":"a","x":[1]}';
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [
      [good, '{"id":"b"},{"id":"c"}', good],
      ['a', 'a'],
    ],
    [['{"id":"a","x":[1', '2]}', good, '{"id":"b"},{"id":"c"}'], ['a']],
    [['{"id":"a', 'b"}', good], ['a']],
    [['{"id":"a"', '"x":1}', '{"id":"b"}'], ['b']],
    [['{"id":"a"}]', '[{"id":"b"}', good], ['a']],
    [
      [good, '', '  ', good],
      ['a', 'a'],
    ],
    [
      ['{"id":"1"}\r', ' {"id":"2"}', '{"id":"3"} '],
      ['1', '2', '3'],
    ],
  ];
  for (const [lines, expected] of cases) {
    const batch = await prepare(lines.join('\n'));
    expect(ids(batch), lines.join(' | ')).toEqual(expected);
    expect(batch.read).toBe(lines.filter((line) => line.trim() !== '').length);
  }
});

test('any mixture of lines comes out as if each had been parsed alone', async () => {
  const line = fc.oneof(
    fc.constantFrom(
      '{"id":"a"}',
      '{"id":"b"},{"id":"c"}',
      '{"id":"d","x":[1',
      '2]}',
      '{}',
      '',
      '[',
      '{"id":"e',
      'f"}',
      '5',
    ),
    fc.json().map((text) => `{"id":"j","v":${text}}`),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 80 }), async (lines) => {
      const alone = lines.filter((text) => isObjectText(text)).map((text) => text.trim());
      const batch = await prepare(lines.join('\n'));
      expect(texts(batch)).toEqual(alone);
    }),
    { numRuns: 200 },
  );
});

function isObjectText(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
