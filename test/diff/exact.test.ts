import { expect, test } from 'vitest';
import { type Comparing, compareTexts } from './comparing.js';

const event = (members: string, id = 'a') => `{"event_id":"${id}",${members}}`;

async function areEqual(left: string, right: string, comparing: Comparing = {}): Promise<boolean> {
  const { equal, changed, tolerated } = await compareTexts([event(left)], [event(right)], comparing);
  // Without tolerances the hashes alone have to tell what is equal.
  if (comparing.rules === undefined && comparing.noise === undefined) expect(tolerated).toBe(0);
  expect(equal + changed).toBe(1);
  return equal === 1;
}

test.each([
  ['"n":1.0', '"n":1'],
  ['"n":1e2', '"n":100'],
  ['"n":-0', '"n":0'],
  ['"n":0.10', '"n":0.1'],
  ['"n":1234567890123456789012345678901234567890', '"n":1234567890123456789012345678901234567890.0'],
  ['"n":1e400', '"n":10e399'],
  ['"s":"\\u00e4\\/"', '"s":"ä/"'],
  ['"o":{"a":1,"b":{"c":2,"d":3}}', '"o":{"b":{"d":3,"c":2},"a":1}'],
  ['"n":1,"n":2', '"n":2'],
  ['"o":{"x":1,"x":{"y":1,"y":2}}', '"o":{"x":{"y":2}}'],
])('%s is %s', async (left, right) => {
  expect(await areEqual(left, right)).toBe(true);
});

test.each([
  ['"n":9007199254740993', '"n":9007199254740992'],
  ['"n":1234567890123456789012345678901234567890', '"n":1234567890123456789012345678901234567891'],
  ['"n":0.1', '"n":0.1000000000000000055511151231257827'],
  ['"n":1', '"n":"1"'],
  ['"n":null', '"x":null'],
  ['"n":null', '"n":"null"'],
  ['"a":[1,2]', '"a":[2,1]'],
  ['"a":[1]', '"a":[1,1]'],
  ['"a.b":1', '"a":{"b":1}'],
  ['"a":{}', '"a":[]'],
  ['"a":{"x":1,"y":2}', '"a":{"x":2,"y":1}'],
  ['"s":"e\\u0301"', '"s":"\\u00e9"'],
  ['"n":true', '"n":1'],
  ['"n":1,"n":2', '"n":1'],
  ['"n":1,"n":2', '"n":2,"n":1'],
])('%s is not %s', async (left, right) => {
  expect(await areEqual(left, right)).toBe(false);
});

test('texts that were prepared to have one hash are not equal', async () => {
  // Under MurmurHash3 these two collide whatever its seed is.
  const [one, other] = ['\u{182}grccccdddd\u{bef0c}kn,!', '\u{96f4}nccccdddd\u{7347}Ek\u{e228}'];
  const text = (middle: string) => `"note":"${'f'.repeat(15)}aaaa${middle}ccccdddd"`;
  expect(await areEqual(text(one), text(other))).toBe(false);
});

test('a member that is missing is not null, unless told', async () => {
  expect(await areEqual('"n":null,"m":1', '"m":1')).toBe(false);
  expect(await areEqual('"n":null,"m":1', '"m":1', { rules: { nullIsMissing: true } })).toBe(true);
});

test('tolerances are exact in decimals, and end where they say', async () => {
  const rules = { tolerances: [{ place: '/n', by: '0.01' }] };
  expect(await areEqual('"n":1.00', '"n":1.01', { rules })).toBe(true);
  expect(await areEqual('"n":1.00', '"n":1.0100000000000000001', { rules })).toBe(false);
  expect(await areEqual('"m":1.00', '"m":1.01', { rules })).toBe(false);
});

test('times may be apart as far as told, and only times', async () => {
  const rules = { timeToleranceUs: 1_000_000 };
  expect(await areEqual('"t":"2020-01-01T00:00:00Z"', '"t":"2020-01-01T01:00:01+01:00"', { rules })).toBe(true);
  expect(await areEqual('"t":"2020-01-01T00:00:00Z"', '"t":"2020-01-01T00:00:01.000001Z"', { rules })).toBe(false);
  expect(await areEqual('"t":1', '"t":2', { rules })).toBe(false);
});

test('places are left out by globs, or alone looked at', async () => {
  const ignore = ['/meta/*_at', '/items/*/seq', '/**/trace'];
  const left = '"meta":{"sent_at":1,"by":2},"items":[{"seq":1,"v":1}],"x":{"y":{"trace":1}}';
  const right = '"meta":{"sent_at":2,"by":2},"items":[{"seq":2,"v":1}],"x":{"y":{"trace":2}}';
  expect(await areEqual(left, right)).toBe(false);
  expect(await areEqual(left, right, { rules: { ignore } })).toBe(true);
  expect(await areEqual(left, right, { rules: { only: ['/meta/by'] } })).toBe(true);
  expect(await areEqual(left, right, { rules: { only: ['/meta'] } })).toBe(false);
});

test('a field may have another name on the right, and numbers may be texts', async () => {
  const renames = [{ left: ['user', 'id'], right: ['userId'] }];
  expect(await areEqual('"user":{"id":7}', '"userId":7', { rules: { renames } })).toBe(true);
  expect(await areEqual('"user":{"id":7}', '"userId":8', { rules: { renames } })).toBe(false);
  expect(await areEqual('"n":"1.50"', '"n":1.5', { rules: { numericStrings: true } })).toBe(true);
  expect(await areEqual('"n":"1.5x"', '"n":1.5', { rules: { numericStrings: true } })).toBe(false);
});

test('equal keys are compared as multisets', async () => {
  const left = [event('"n":1'), event('"n":1'), event('"n":2'), event('"n":3')].join('\n');
  const right = [event('"n":2'), event('"n":1'), event('"n":4')].join('\n');
  const outcome = await compareTexts([left], [right]);
  expect(outcome).toMatchObject({ left: 4, right: 3, equal: 2, changed: 1, missing: 1, extra: 0 });
  expect(outcome.duplicates).toEqual({ left: 3, right: 2 });
  expect(outcome.classes).toMatchObject({ duplicate: 1, changed: 1 });
});

test('equal keys are paired so that tolerances hold, not by their order', async () => {
  const left = [event('"n":1.001'), event('"n":5.001')].join('\n');
  const right = [event('"n":5'), event('"n":1')].join('\n');
  const rules = { tolerances: [{ place: '/n', by: '0.01' }] };
  expect(await compareTexts([left], [right], { rules })).toMatchObject({ equal: 2, tolerated: 2, changed: 0 });
});

test('a key of several fields keeps their values apart, and without any key the whole event is one', async () => {
  const fields = { kind: 'fields' as const, pointers: [['a'], ['b']] };
  const left = ['{"a":"x","b":"yz","n":1}', '{"a":"1","b":2,"n":1}'].join('\n');
  const right = ['{"a":"xy","b":"z","n":1}', '{"a":1.0,"b":"2","n":1}'].join('\n');
  const outcome = await compareTexts([left], [right], { key: fields });
  expect(outcome).toMatchObject({ missing: 1, extra: 1, changed: 1 });
  expect(await compareTexts([left], [right], { key: { kind: 'content' } })).toMatchObject({ missing: 2, extra: 2 });
});

test('each difference has its class', async () => {
  const at = (time: string, rest = '') => `"occurred_at":"${time}"${rest}`;
  const left = [
    event(at('2020-01-01T00:00:00Z'), 'lost'),
    event(at('2020-01-03T00:00:00Z'), 'late'),
    event(at('2020-01-01T00:00:00Z', ',"n":1'), 'enriched'),
    event(at('2020-01-01T00:00:00Z', ',"n":1'), 'reformatted'),
    event(at('2020-01-01T00:00:00Z', ',"n":1'), 'changed'),
  ].join('\n');
  const right = [
    event(at('2020-01-01T00:00:00Z', ',"n":1,"geo":{"x":1}'), 'enriched'),
    event(at('2020-01-01T01:00:00+01:00', ',"n":"1.0"'), 'reformatted'),
    event(at('2020-01-01T01:00:00+01:00', ',"n":2'), 'changed'),
    event(at('2020-01-02T00:00:00Z'), 'extra'),
  ].join('\n');
  const { found, classes } = await compareTexts([left], [right]);
  expect(Object.fromEntries(found.map((one) => [one.id, one.class]))).toEqual({
    lost: 'lost',
    late: 'late',
    enriched: 'enriched',
    reformatted: 'reformatted',
    changed: 'changed',
    extra: 'extra',
  });
  expect(classes).toMatchObject({ lost: 1, late: 1, enriched: 1, reformatted: 1, changed: 1, extra: 1, duplicate: 0 });
});

test('events younger than the settling time are left out with all that have their key', async () => {
  const at = (time: string, id: string) => event(`"occurred_at":"${time}"`, id);
  const settledBeforeUs = Date.UTC(2020, 0, 2) * 1000;
  const left = [at('2020-01-01T00:00:00Z', 'a'), at('2020-01-01T23:59:59Z', 'b'), at('2020-01-02T00:00:01Z', 'c')];
  const right = [at('2020-01-01T00:00:00Z', 'a'), at('2020-01-02T00:00:01Z', 'b')];
  const outcome = await compareTexts([left.join('\n')], [right.join('\n')], { settledBeforeUs });
  expect(outcome).toMatchObject({ equal: 1, changed: 0, missing: 0, settling: { left: 2, right: 1 } });
});

test('noise is not held against an event, and what else differs is', async () => {
  expect(await areEqual('"seq":1,"n":1', '"seq":2,"n":1', { noise: ['/seq'] })).toBe(true);
  expect(await areEqual('"seq":1,"n":1', '"seq":2,"n":2', { noise: ['/seq'] })).toBe(false);
});
