import fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { idOf, layersAt, nameOf, textOf } from '../../src/event/batch.js';
import { parsePointer } from '../../src/event/pointer.js';
import { createPreparer } from '../../src/flow/prepare/preparer.js';
import type { PrepareSpec } from '../../src/flow/prepare/spec.js';
import { packLetters } from '../../src/sources/letter-batch.js';

const url = (path: string) => new URL(`../../src/sources/${path}`, import.meta.url).href;
const field = (text: string) => ({ pointer: parsePointer(text), text: `/${text}`, why: 'flag' }) as const;
const spec: PrepareSpec = {
  decoder: { module: url('queue/decode-letters.ts'), options: undefined },
  unwrapper: { module: url('envelope/unwrap.ts'), options: {} },
  fields: { id: field('event_id'), name: field('name') },
  timezone: 'UTC',
  identical: 'merge',
  filter: { events: [] },
  encoders: [],
  settlesLines: true,
};
const preparer = await createPreparer(spec);
afterEach(() => vi.restoreAllMocks());

/** What comes out of jobs of Sidekiq as they lie in their queue. */
function prepare(jobs: readonly string[]) {
  const letters = jobs.map((body) => ({ kind: 'sidekiq', queue: 'dead', toldBy: 'sidekiq', body }) as const);
  const { events, held } = preparer.prepare(packLetters(letters));
  return {
    events: Array.from({ length: events.count }, (_, i) => ({
      line: events.lines[i],
      id: idOf(events, i),
      name: nameOf(events, i),
      text: Buffer.from(textOf(events, i)).toString().trim(),
      layers: layersAt(events, i),
    })),
    held: held.map(({ line, problems, layers, raw }) => ({
      line,
      codes: problems.map(({ code }) => code),
      layers,
      raw: Buffer.from(raw).toString().trim(),
    })),
  };
}

/** What is no job is known by the hash of its text. */
const withoutHashes = (outcome: unknown) => JSON.parse(JSON.stringify(outcome).replaceAll(/[\da-f]{64}/gu, 'hash'));

const event = fc.constantFrom(
  ...['{"event_id":"e","name":"n"}', '{"event_id":"e","name":"n","more":{"a":[1,"x\\n"]}}', '{"name":"no id"}'],
  ...['{}', '{ "event_id":"e" }', '{"event_id":"e","event_id":"f"}', '{"event_id":1.5}', '{"event_id":{}}'],
  ...[
    '{"_aj_globalid":"gid://app/User/1"}',
    '{"\\u005faj_globalid":"gid://app/User/1"}',
    '{"event_id":"e","_aj_x":[]}',
  ],
  ...['{"event_id":"e","deep":{"_aj_serialized":"D","value":1}}', '{"event_id":"\\ud800"}', '{"":0}', '{"":1}'],
  ...['{"job_class":"J","job_id":"1","arguments":[{"event_id":"inner"}]}', '{"Type":"Notification","Message":"{}"}'],
  ...[
    '{"event_id":"e"',
    '{"event_id":"e",}',
    '{"event_id":"e"}}',
    '{"a":1}, {"b":2}',
    '[{"event_id":"e"}]',
    '7',
    '"{}"',
    '',
  ],
);
const args = fc
  .tuple(fc.array(event, { maxLength: 2 }), fc.constantFrom('', ' '), fc.constantFrom('[]', '[', ']', '{}'))
  .map(([events, space, [open = '', close = '']]) => `${open}${space}${events.join(`${space},`)}${space}${close}`);
const member = fc.oneof(
  { weight: 4, arbitrary: args.map((text) => `"args":${text}`) },
  fc.constantFrom(
    ...[
      '"class":"Job"',
      '"class":"Sidekiq::ActiveJob::Wrapper"',
      '"class":7',
      '"wrapped":"Real"',

      '"queue":"q"',
    ],
    ...[
      '"error_class":"E","error_message":"a \\"b\\" [{"',
      '"failed_at":1795000000.5',
      '"retry_count":3',
      '"args":[{"":0}]',
    ],
    ...[
      '"\\u0061rgs":[{"event_id":"x"}]',
      '"respool":"letter/1","body":"{}"',
      'broken',
      '"open',
      '"nested":{"args":[{"a":1}]}',
    ],
  ),
);
/** Jobs, most of them of a shape, some of them broken. */
const job = fc
  .tuple(fc.array(member, { minLength: 1, maxLength: 4 }), fc.constantFrom(',', ' , ', ' '))
  .map(([members, comma]) => `{${['"class":"Job","jid":"j1"', ...members].join(comma === ' ' ? ',' : comma)}}`);

test('a job comes to the same whether its event is accepted from its bytes or parsed', () => {
  fc.assert(
    fc.property(fc.array(job, { maxLength: 5 }), (jobs) => {
      // A job that does not begin with a brace is parsed as a whole.
      expect(withoutHashes(prepare(jobs))).toEqual(withoutHashes(prepare(jobs.map((text) => ` ${text}`))));
    }),
    { numRuns: 3_000 },
  );
});

test('an event that is accepted from its bytes is not parsed, and keeps what the job says of it', () => {
  const parse = vi.spyOn(JSON, 'parse');
  const text = '{"event_id":"e1","name":"paid","amount":12.50}';
  const { events, held } = prepare([
    `{"class":"Job","jid":"j1","queue":"orders","args":[${text}],"error_class":"E","failed_at":1795000000.5,"retry_count":2}`,
  ]);
  const parsed = parse.mock.calls.map(([each]) => each).filter((each) => each.includes('e1'));

  expect(parsed).toEqual([]);
  expect(held).toEqual([]);
  const layer = { kind: 'sidekiq', id: 'j1', queue: 'orders', name: 'Job', time: '2026-11-18T11:06:40.500Z' };
  const known = { ...layer, deliveries: 3, error: { class: 'E' } };
  expect(events).toEqual([{ line: 0, id: 'e1', name: 'paid', text, layers: [known, known] }]);
});
