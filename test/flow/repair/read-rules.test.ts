import { expect, test } from 'vitest';
import { readRules } from '../../../src/flow/repair/read-rules.js';
import { tryTests } from '../../../src/flow/repair/try-tests.js';

test('everything that is wrong with a file of rules is told at once, with its place and what was meant', async () => {
  const text = `rules:
  - name: a
    whenn: x
    do:
      - sett: {/a: 1}
      - cast: {/a: numbr}
      - copy: [/a]
      - remove: a/b
  - when: 'event. =='
    do: [{drop: maybe}]
  - name: a
  - do: []
  - do: [{copy: {/a: }}, {set: {/b: {cel: evnt.x}}}]
    when: event.at < now
`;
  await expect(readRules(text, 'r.yaml')).rejects.toMatchObject({
    code: 'bad_repair',
    message: [
      'these rules cannot be used:',
      '  r.yaml:3:5: a rule has no "whenn"; did you mean "when"?',
      '  r.yaml:5:9: an operation has no "sett"; did you mean "set"?',
      '  r.yaml:6:20: cast knows no "numbr"; did you mean "number"?',
      '  r.yaml:7:15: copy must be a map',
      '  r.yaml:8:17: "a/b" is no JSON Pointer: a pointer starts with a slash',
      '  r.yaml:10:17: drop is written as drop: true',
      '  r.yaml:11:5: the rule does nothing: it needs do:',
      '  r.yaml:11:5: there is another rule called "a"',
      '  r.yaml:12:9: the rule does nothing: it needs do:',
      '  r.yaml:13:22: copy must name a field, such as /properties/id',
      '  r.yaml:9:11: "event. ==" is no CEL expression: Expected IDENTIFIER, got EQ',
      '  r.yaml:14:11: "event.at < now" is no CEL expression: there is no "now"; it may look at event, id, name, time and layers, and at no clock',
      '  r.yaml:13:43: "evnt.x" is no CEL expression: there is no "evnt"; did you mean "event"?',
    ].join('\n'),
  });
});

test('an expression that asks for the time of day is refused: a repair gives the same every time', async () => {
  const text = `rules: [{ name: clock, do: [{ set: { /at: { cel: 'now()' } } }] }]`;
  await expect(readRules(text, 'r.yaml')).rejects.toMatchObject({
    message: `r.yaml:1:50: "now()" is no CEL expression: there is no 'now()'`,
  });
});

test('every operation does what its example says, and an example that is wrong is found', async () => {
  const { rules, tests } = await readRules(
    `rules:
  - name: set
    when: event.kind == "set"
    do:
      - set: { /a: 12345678901234567890, /b/c: { cel: 'event.x + "!"' }, /d: { cel: not-cel-but-a-map, too: 1 } }
    test:
      - { before: '{"kind":"set","x":"y"}', after: '{"kind":"set","x":"y","a":12345678901234567890,"b":{"c":"y!"},"d":{"cel":"not-cel-but-a-map","too":1}}' }
      - { before: { kind: other }, after: unchanged }
  - name: copy and default
    do:
      - copy: { /from: /to }
      - default: { /currency: EUR }
    test:
      - { before: '{"from":1.50,"currency":null}', after: '{"from":1.50,"currency":"EUR","to":1.50}' }
      - { before: '{"currency":"USD"}', after: unchanged }
  - name: rename and remove
    do: [{ rename: { /usr: /user_id } }, { remove: [/debug, /none] }]
    test:
      - { before: '{"usr":"u","debug":{"x":1}}', after: '{"user_id":"u"}' }
  - name: cast
    do:
      - cast: { /n: number, /i: integer, /s: string, /b: boolean, /t: time, /ms: seconds-to-milliseconds, /sec: milliseconds-to-seconds }
    test:
      - before: '{"n":"12345678901234567890.10","i":"7.0","s":7.50,"b":"yes","t":1700000000,"ms":1700000000.5,"sec":1700000000123}'
        after: '{"n":12345678901234567890.10,"i":7,"s":"7.50","b":true,"t":"2023-11-14T22:13:20.000Z","ms":1700000000500,"sec":1700000000.123}'
      - { before: '{"n":"seven","i":7.5,"b":"perhaps"}', after: unchanged }
  - name: parse
    do: [{ parseJson: /payload }]
    test:
      - { before: '{"payload":"{\\"a\\":1.00}"}', after: '{"payload":{"a":1.00}}' }
      - { before: '{"payload":"no"}', after: unchanged }
  - name: split
    do: [{ splitArray: /batch }]
    test:
      - { before: '{"batch":[{"id":1},{"id":2}]}', after: [{ id: 1 }, { id: 2 }] }
      - { before: '{"batch":[]}', after: null }
  - name: split into
    do: [{ splitArray: { at: /items, into: /item } }]
    test:
      - { before: '{"id":1,"items":["a","b"]}', after: [{ id: 1, item: a }, { id: 1, item: b }] }
  - name: drop
    when: event.name == "debug"
    do: [{ drop: true }]
    test:
      - { before: { name: debug }, after: null }
      - { before: { name: paid }, after: null }
test:
  - { before: { name: debug, usr: u }, after: null }
`,
    'r.yaml',
  );
  const outcomes = await tryTests(rules, tests);
  expect(
    outcomes.filter(({ isRight }) => !isRight).map(({ test: { rule, before }, found }) => ({ rule, before, found })),
  ).toEqual([{ rule: 'drop', before: '{"name":"paid"}', found: ['{"name":"paid"}'] }]);
  expect(outcomes).toHaveLength(15);
});

test('seconds become milliseconds once: what is in milliseconds already stays', async () => {
  const { rules } = await readRules('rules: [{ do: [{ cast: { /at: seconds-to-milliseconds } }] }]', 'r.yaml');
  const after = (before: string, text: string) => ({ rule: undefined, at: 'r.yaml:1', before, after: [text] });
  const outcomes = await tryTests(rules, [
    after('{"at":1764150000.5}', '{"at":1764150000500}'),
    after('{"at":1764150000500}', '{"at":1764150000500}'),
  ]);
  expect(outcomes).toMatchObject([{ isRight: true }, { isRight: true }]);
});
