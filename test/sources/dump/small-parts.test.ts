import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredFile } from '../../../src/sources/dump/byte-reader.js';
import { openFiles } from '../../../src/sources/dump/dump.js';
import type { DumpOptions } from '../../../src/sources/dump/options.js';
import type { Source } from '../../../src/sources/source.js';
import { readSource } from '../reading.js';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

/** A file that can be read whole, and the same as a stream alone. */
function fileOf(label: string, bytes: Uint8Array): { whole: StoredFile; streamed: StoredFile } {
  const streamed: StoredFile = {
    label,
    bytes: bytes.length,
    fingerprint: async () => undefined,
    async open() {
      let at = 0;
      return {
        get storedBytes() {
          return at;
        },
        async read(target) {
          const count = Math.min(target.length, bytes.length - at);
          target.set(bytes.subarray(at, at + count));
          at += count;
          return count;
        },
        async skip(count) {
          at += count;
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  };
  return { streamed, whole: { ...streamed, whole: () => (bytes.length === 0 ? undefined : bytes.slice()) } };
}

async function told(source: Source) {
  const { failures, ...read } = await readSource(source);
  const formats = [];
  for await (const item of source.batches([], new AbortController().signal)) {
    formats.push(item.kind === 'batch' ? [item.part, item.format, item.lines, item.from, item.to] : item.kind);
  }
  return {
    ...read,
    formats,
    failures: failures.map(({ part, error }) => [part, error.message.replace(/'[^']*spooled'/u, 'spooled')]),
  };
}

const piece = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    '{}',
    '{"a":1}',
    '{"a":1,',
    '"b":{}}',
    '"x"',
    ':',
    ',',
    '\n',
    '\r\n',
    '\r',
    ' ',
    '\t',
    '1',
    'a,b',
  ],
  ...[
    '\n{}\n',
    '\n{"a":[\n{}\n,\n{}\n]}\n',
    '\u000b',
    '\u007f',
    '\u0000',
    '\u00ef\u00bb\u00bf',
    '\u00e9',
    '\u00c3\u00a9',
    '"{\\n}"',
  ],
  ...['{"event":"e","properties":{"$import":true}}', '<html>', 'version https://git-lfs', '\u001f\u008b'],
);
const object = fc
  .tuple(
    fc.json({ depthSize: 'small' }),
    fc.constantFrom(undefined, 1, '\t'),
    fc.constantFrom('', '\n', '\r\n', ' \n\n', '\u000b', 'x'),
  )
  .map(([json, indent, end]) =>
    Buffer.from(JSON.stringify({ a: JSON.parse(json) }, null, indent) + end).toString('latin1'),
  );
const text = fc.oneof(
  object,
  fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc.tuple(object, piece).map((all) => all.join('')),
);
const label = fc.constantFrom('a.json', 'a', 'a.ndjson', 'a.csv', 'a.TSV', 'x.csv/a.json', 'a.csv.gz', 'a.br');
const options = fc.constantFrom<DumpOptions>(
  ...([{}, {}, {}, { format: 'json' }, { format: 'json', keepsArrays: true }, { format: 'ndjson' }] as const),
  ...([{ batchRecords: 1 }, { batchRecords: 2 }, { maxRecordBytes: 9 }] as const),
);

test('a small file that is read whole is the same as one that is streamed, whatever it holds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(label, text), { minLength: 1, maxLength: 4 }),
      options,
      async (parts, chosen) => {
        const files = parts.map(([name, content]) => fileOf(name, bytesOf(content)));
        const open = (kind: 'whole' | 'streamed') =>
          openFiles(
            files.map((file) => file[kind]),
            'x',
            chosen,
          );

        expect(await told(open('whole'))).toEqual(await told(open('streamed')));
      },
    ),
    { numRuns: 500 },
  );
});

test('fixtures come in handfuls, a file that has to be streamed by itself, each in its place', async () => {
  const small = Array.from({ length: 300 }, (_, at) => fileOf(`${at}.json`, bytesOf(`{"at":${at}}`)).whole);
  const large = fileOf('large.json', bytesOf('{"at":"large"}'));
  const files = [...small.slice(0, 200), { ...large.streamed, whole: () => undefined }, ...small.slice(200)];
  const handfuls = openFiles(files, 'x', {}).handfuls?.(new AbortController().signal) ?? [];
  const parts: number[][] = [];
  for await (const handful of handfuls) parts.push(handful.map(({ part }) => part));

  expect(parts.flat()).toEqual([...files.keys()]);
  expect(parts.map(({ length }) => length)).toEqual([128, 72, 1, 100]);
});

test('one object over several lines is one event, also where it has but two and no line end', async () => {
  for (const written of ['{\n"a":1}', '{"a":[\n{}\n,\n{}\n]}', `{"a":[\n${Array(40).fill('{}').join('\n,\n')}\n]}\n`]) {
    const { records } = await readSource(openFiles([fileOf('a', bytesOf(written)).whole], 'x', {}));

    expect(records.map(({ text: read, line }) => [JSON.parse(read), line])).toEqual([[JSON.parse(written), 1]]);
  }
});
