import fc from 'fast-check';
import { expect, test } from 'vitest';
import { idOf, nameOf, textOf } from '../../src/event/batch.js';
import type { CellType } from '../../src/event/rows/row-shape.js';
import { createPreparer } from '../../src/flow/prepare/preparer.js';
import type { PreparedBatch, PrepareInput, PrepareSpec } from '../../src/flow/prepare/spec.js';
import { cellTypes } from '../../src/schema/cell-types.js';
import type { EncodedColumn, PostgresEncoderOptions, WireType } from '../../src/sinks/postgres/encode/options.js';

const decoder = new URL('../../src/sources/dump/decode.ts', import.meta.url).href;
const encoder = new URL('../../src/sinks/postgres/encode/encoder.ts', import.meta.url).href;

const COLUMNS = ['id', 'at', 'kind', 'level', 'fee', 'open', 'note', 'extra', 'zeit'] as const;
const TYPES: readonly WireType[] = [
  ...(['text', 'uuid', 'bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric'] as const),
  ...(['timestamptz', 'timestamp', 'date', 'json', 'jsonb'] as const),
];

/** What one run of the property is about. */
interface Case {
  readonly spec: PrepareSpec;
  readonly rows: readonly (readonly string[])[];
  readonly dialect: { readonly delimiter: string; readonly quote: string | null };
}

const JULY_US = Date.UTC(2019, 6, 1) * 1_000;
const MONTH_US = 31 * 86_400_000_000;

function field(name: string) {
  return { pointer: [name], text: `/${name}`, why: 'flag' } as const;
}

const cells = {
  id: fc.oneof(fc.constantFrom('1', '7', 'a', '', '007', '123456789012345678', '-3', '1.5'), fc.uuid(), fc.string()),
  time: fc.constantFrom(
    ...['2019-07-04 05:06:07', '2019-07-04T05:06:07Z', '2019-07-04T05:06:07.1234567+02:00', '2019-07-04', '1562216767'],
    ...['', 'soon', '2018-01-01T00:00:00Z', '2019-13-01T00:00:00Z', '1562216767.5', '2019-07-04T24:00:00Z', ' '],
  ),
  number: fc.constantFrom(
    ...['0', '-0', '1', '-12', '32767', '32768', '2147483648', '9007199254740993', '1e3', '1.50', '-0.25', '1.'],
    ...['01', '+1', '.5', 'NaN', 'null', '', ' 1', '12345678901234567890.123', '1E400', '123456789012345'],
  ),
  word: fc.constantFrom('true', 'false', 'TRUE', 't', '0', '1', '', 'null', 'yes', 'tomato'),
  text: fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.string({ unit: 'grapheme', maxLength: 5 }),
    fc.constantFrom(
      ...['', 'null', '"', 'a"b', 'back\\slash', 'two\nlines', 'tab\there', 'Zürich', '🌊', '{"a":1}', '[1]'],
      ...['nul\0', '12', '{}', '"quoted"', ' space '],
    ),
  ),
};

const ODD = [
  cells.id,
  cells.time,
  cells.text,
  cells.number,
  cells.number,
  cells.word,
  cells.text,
  cells.text,
  cells.time,
];

const PLAIN = ['7', '2019-07-04 05:06:07', 'tide', '12', '0.5', 'true', 'calm', 'x', '2019-07-04T05:06:07Z'];

/** Mostly plain, with a few odd cells. */
const row = fc
  .tuple(fc.tuple(...ODD), fc.array(fc.nat({ max: COLUMNS.length - 1 }), { maxLength: 3 }))
  .map(([odd, places]) => PLAIN.map((cell, at) => (places.includes(at) ? (odd[at] ?? '') : cell)));

const schema = fc.record(
  {
    id: fc.constantFrom(
      { type: 'integer' },
      { type: 'string' },
      { type: 'string', format: 'uuid' },
      { type: 'number' },
    ),
    at: fc.constantFrom(
      { type: 'string' },
      { type: 'string', minLength: 10 },
      { type: ['string', 'null'] },
      { type: 'integer' },
    ),
    kind: fc.constantFrom({ type: 'string', enum: ['tide', 'Zürich', ''] }, { type: 'string', maxLength: 5 }, true),
    level: fc.constantFrom(
      { type: 'integer' },
      { type: ['integer', 'null'] },
      { type: 'integer', minimum: 0, exclusiveMaximum: 32_768 },
      { type: 'string' },
    ),
    fee: fc.constantFrom(
      { type: 'number' },
      { type: ['number', 'null'], maximum: 100 },
      { type: 'integer', multipleOf: 2 },
    ),
    open: fc.constantFrom({ type: 'boolean' }, { type: ['boolean', 'null'] }, { type: 'string' }),
    note: fc.constantFrom({ type: 'string', pattern: '^[a-z]*$' }, { type: ['object', 'null'] }, { type: 'array' }),
    zeit: fc.constantFrom({ type: 'string', format: 'date-time' }, { type: 'string' }),
  },
  { requiredKeys: [] },
);

const rules = fc.record({
  properties: schema,
  required: fc.subarray(['id', 'level', 'note', 'elsewhere'], { maxLength: 2 }),
  additionalProperties: fc.constantFrom(true, true, { type: 'string' }, false),
});

const anyColumn = fc.record({
  type: fc.constantFrom(...TYPES),
  source: fc.oneof(
    fc.constantFrom(...COLUMNS).map((name) => ({ kind: 'pointer', pointer: [name] }) as const),
    fc.constantFrom(
      { kind: 'pointer', pointer: ['nowhere'] } as const,
      { kind: 'pointer', pointer: ['note', 'a'] } as const,
    ),
    fc.constantFrom({ kind: 'name' } as const, { kind: 'pointer', pointer: ['at'] } as const),
  ),
  notNull: fc.boolean(),
  hasDefault: fc.boolean(),
});

function tableOf(
  idType: WireType,
  others: readonly Omit<EncodedColumn, 'name'>[],
  routed: 'time' | 'cell' | 'not',
): PostgresEncoderOptions {
  const id: EncodedColumn = { name: 'id', type: idType, source: { kind: 'id' }, notNull: true, hasDefault: false };
  const source = routed === 'cell' ? ({ kind: 'pointer', pointer: ['zeit'] } as const) : ({ kind: 'time' } as const);
  const at: EncodedColumn = { name: 'at', type: 'timestamptz', source, notNull: routed !== 'not', hasDefault: false };
  return {
    format: 'binary',
    columns: [id, ...others.map((column, i) => ({ name: `c${i}`, ...column })), at],
    key: routed === 'not' ? [0] : [0, others.length + 1],
    routing:
      routed === 'not'
        ? undefined
        : {
            column: others.length + 1,
            from: [JULY_US],
            to: [JULY_US + MONTH_US],
            hasDefault: false,
            scheme: undefined,
            within: undefined,
          },
    timePointer: ['at'],
    timezone: 'Europe/Zurich',
  };
}

const table = fc
  .tuple(
    fc.constantFrom<WireType>('text', 'int8', 'uuid', 'int4', 'numeric'),
    fc.array(anyColumn, { maxLength: 6 }),
    fc.constantFrom('time', 'cell', 'not'),
  )
  .map(([id, others, routed]) => tableOf(id, others, routed as 'time'));

const anyCase = fc
  .record({
    rules,
    table,
    rows: fc.array(row, { minLength: 1, maxLength: 12 }),
    timezone: fc.constantFrom('UTC', 'Europe/Zurich'),
    hasName: fc.boolean(),
    hasSchema: fc.boolean(),
    since: fc.constantFrom(undefined, JULY_US + 1),
    quote: fc.constantFrom('"', "'", null),
    delimiter: fc.constantFrom(',', ';', '\t', '.'),
  })
  .map((made): Case => ({ spec: specOf(made), rows: made.rows, dialect: made }));

interface Made {
  readonly rules: object;
  readonly table: PostgresEncoderOptions;
  readonly timezone: string;
  readonly hasName: boolean;
  readonly hasSchema: boolean;
  readonly since: number | undefined;
}

function specOf({ rules: wanted, table: options, timezone, hasName, hasSchema, since }: Made): PrepareSpec {
  const uri = 'respool://schema/0';
  const content = { type: 'object', ...wanted };
  const file = { uri, path: 'rows.schema.json', dialect: '2020-12', schema: content } as const;
  const catalog = {
    root: '.',
    files: [file],
    envelope: uri,
    events: [],
    fingerprint: '',
    annotation: {},
    warnings: [],
  };
  const types: Record<string, CellType> = hasSchema ? cellTypes(catalog) : {};
  return {
    decoder: { module: decoder, options: { cellTypes: types } },
    fields: { id: field('id'), time: field('at'), ...(hasName ? { name: field('kind') } : {}) },
    timezone,
    identical: 'merge',
    filter: { events: [], ...(since === undefined ? {} : { sinceUs: since }) },
    encoders: [{ module: encoder, options }],
    ...(hasSchema ? { schema: { catalog, unknownEvent: 'accept' as const } } : {}),
  };
}

function csvOf({ rows, dialect: { delimiter, quote } }: Case): string {
  const cell = (text: string) => {
    if (quote === null) return text.replaceAll(/[\r\n]/gu, ' ').replaceAll(delimiter, ' ');
    const isOdd = /[\r\n]/u.test(text) || text.includes(delimiter) || text.includes(quote);
    return isOdd ? quote + text.replaceAll(quote, quote + quote) + quote : text;
  };
  return rows.map((cellsOfRow) => `${cellsOfRow.map(cell).join(delimiter)}\n`).join('');
}

async function prepared(each: Case, spec: Partial<PrepareSpec> = {}): Promise<PreparedBatch> {
  const preparer = await createPreparer({ ...each.spec, ...spec });
  const { delimiter, quote } = each.dialect;
  const format: PrepareInput['format'] = { kind: 'csv', columns: COLUMNS, delimiter, quote };
  const bytes = () => new Uint8Array(Buffer.from(csvOf(each)));
  // The second batch shows what is left over of the first.
  preparer.prepare({ format, bytes: bytes() });
  return preparer.prepare({ format, bytes: bytes() });
}

/** Everything that can be told of a batch, without where its texts lie. */
function told({ events, ...batch }: PreparedBatch) {
  const { text: _text, spans: _spans, rows: _rows, ...columns } = events;
  const each = Array.from({ length: events.count }, (_, i) => ({
    id: idOf(events, i),
    name: nameOf(events, i),
    text: Buffer.from(textOf(events, i)).toString(),
  }));
  return { ...batch, columns, each };
}

const takenRows = ({ events }: PreparedBatch) =>
  Array.from({ length: events.count }, (_, i) => (events.spans[2 * i] ?? 0) < (events.rows?.end ?? 0)).filter(Boolean)
    .length;

test('rows that are taken by their cells become what they become as events', async () => {
  let taken = 0;
  let all = 0;
  await fc.assert(
    fc.asyncProperty(anyCase, async (each) => {
      const filter = { ...each.spec.filter, where: 'true' };
      const [byCells, asEvents] = [await prepared(each), await prepared(each, { filter })];
      expect(takenRows(asEvents)).toBe(0);
      expect(told(byCells)).toEqual(told(asEvents));
      taken += takenRows(byCells);
      all += byCells.read;
    }),
    { numRuns: 150 },
  );
  // Otherwise nothing would have been shown.
  expect(taken).toBeGreaterThan(all / 50);
}, 180_000);
