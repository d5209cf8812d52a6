import { describe, expect, test } from 'vitest';
import { scripted } from '../../stand-ins/faults.js';
import { TOKEN } from '../../stand-ins/mixpanel.js';
import { count } from '../../support/batches.js';
import { eventOf, NOW_MS, openProject } from './project.js';

const signal = new AbortController().signal;
const many = (number: number, more: object = {}) => Array.from({ length: number }, (_, id) => eventOf(id, more));

describe('an event becomes', () => {
  test('a record whose properties have the bytes that the event has', async () => {
    await using t = await openProject();
    await t.deliver([
      '{"event_id":"a-1","name":"Käufe","occurred_at":"2026-02-01T00:00:00.123Z","user_id":9007199254740993,"amount": 12345678901234567890.10,"ünï":"é\\u0041","tags":["a" ,"b"]}',
    ]);
    expect(t.mixpanel.raw[0]?.text).toBe(
      '{"event":"K\\u00e4ufe","properties":{"time":1769904000123,"distinct_id":"9007199254740993","$insert_id":"a-1","amount": 12345678901234567890.10,"ünï":"é\\u0041","tags":["a" ,"b"],"ip":0}}',
    );
  });

  test('flat: the members of "properties" stand beside the others, and none hides another', async () => {
    await using t = await openProject();
    await t.deliver([eventOf(1, { plan: 'outer', properties: { plan: 'inner', name: 'Ann', colour: 'red' } })]);
    expect(t.mixpanel.raw[0]?.properties).toMatchObject({
      plan: 'outer',
      'properties.plan': 'inner',
      name: 'Ann',
      colour: 'red',
    });
  });

  test('what the address maps, and with properties=mapped nothing else', async () => {
    await using t = await openProject({
      query: '&properties=mapped&property.city=/place/city&property.level=level_cm',
    });
    await t.deliver([eventOf(5, { place: { city: 'Emden' } })]);
    const { time, distinct_id, $insert_id, ip, ...mapped } = t.mixpanel.raw[0]?.properties ?? {};
    expect(mapped).toEqual({ city: 'Emden', level: 5 });
  });

  test('one with a digest for an id that does not fit $insert_id, the same each time, and keeps the id', async () => {
    await using t = await openProject();
    const odd = [
      eventOf(1, { event_id: 'with space' }),
      eventOf(2, { event_id: 'x'.repeat(37) }),
      eventOf(3, { event_id: 'none' }),
    ];
    await t.deliver(odd);
    await t.deliver(odd);
    const ids = t.mixpanel.raw.map(({ properties }) => String(properties.$insert_id));
    expect(ids[0]).toMatch(/^[0-9a-f]{36}$/u);
    expect(ids.slice(0, 3)).toEqual(ids.slice(3));
    expect(t.mixpanel.query()).toHaveLength(3);
    expect(t.mixpanel.raw[0]?.properties.event_id).toBe('with space');
  });

  test('a new one for Mixpanel when ids are salted, under a label of its own', async () => {
    await using t = await openProject({ query: '&id_salt=second' });
    await t.deliver([eventOf(1)]);
    expect(t.mixpanel.raw[0]?.properties.$insert_id).toMatch(/^[0-9a-f]{36}$/u);
    expect(t.sink.label).toContain('second');
  });

  test('one with its microseconds, when Mixpanel’s time cannot hold them', async () => {
    await using t = await openProject();
    await t.deliver([eventOf(1, { occurred_at: '2026-02-01T00:00:00.123456Z' }), eventOf(2)]);
    expect(t.mixpanel.raw[0]?.properties).toMatchObject({
      time: 1_769_904_000_123,
      occurred_at: '2026-02-01T00:00:00.123456Z',
    });
    expect(t.mixpanel.raw[1]?.properties).not.toHaveProperty('occurred_at');
  });

  test.each([
    ['', null],
    ['', 'Anonymous'],
    ['', '00000000-0000-0000-0000-000000000000'],
    ['', 0],
    ['', true],
    ['', { id: 1 }],
    ['', '  '],
    ['-2', -2],
    ['josé', 'josé'],
  ])('one of distinct_id %j for the user %j, and the original stays', async (distinctId, user) => {
    await using t = await openProject();
    expect(await t.deliver([eventOf(1, { user_id: user })])).toEqual([{ kind: 'accepted' }]);
    const { properties } = t.mixpanel.raw[0] ?? {};
    expect(properties).toMatchObject({ distinct_id: distinctId });
    if (distinctId === '') {
      expect(properties?.user_id).toEqual(user);
      expect(t.sink.describe().warnings.join()).toContain('1 × no user');
    }
  });

  test('one without names that Mixpanel reserves', async () => {
    await using t = await openProject();
    await t.deliver([
      eventOf(1, { time: 'noon', distinct_id: 'me', $insert_id: 'x', $bucket: 1, bucket: 2, ip: '10.0.0.1' }),
    ]);
    expect(t.mixpanel.raw[0]?.properties).toMatchObject({
      original_time: 'noon',
      original_distinct_id: 'me',
      original_insert_id: 'x',
      ip: '10.0.0.1',
    });
    expect(t.mixpanel.raw[0]?.properties).not.toHaveProperty('$bucket');
  });

  test('one that never lets Mixpanel look up where the request came from', async () => {
    await using t = await openProject();
    await t.deliver([
      eventOf(1),
      eventOf(2, { ip: null }),
      eventOf(3, { ip: '' }),
      eventOf(4, { properties: { ip: '1.2.3.4' } }),
    ]);
    expect(t.mixpanel.raw.map(({ properties }) => properties.ip)).toEqual([0, 0, 0, '1.2.3.4']);
    expect(t.mixpanel.counters.geo_from_request_ip).toBe(0);
  });

  test('one with the last of repeated keys, also when one is escaped', async () => {
    await using t = await openProject();
    await t.deliver([
      '{"event_id":"r1","name":"n","occurred_at":"2026-02-01T00:00:00Z","a":1,"\\u0061":2,"\\u0074ime":3}',
    ]);
    expect(t.mixpanel.raw[0]?.text).toContain('"a":2');
    expect(t.mixpanel.raw[0]?.text).not.toContain('"a":1');
    expect(t.mixpanel.raw[0]?.properties).toMatchObject({ a: 2, original_time: 3 });
  });
});

describe('without asking Mixpanel', () => {
  const wide = Object.fromEntries(Array.from({ length: 255 }, (_, n) => [`p${n}`, n]));
  test.each([
    ['name_missing', { name: '  ' }],
    ['time_missing', { occurred_at: 'soon' }],
    ['time_too_early', { occurred_at: 1_700_000 }],
    ['too_many_properties', wide],
    ['event_too_large', { blob: 'x'.repeat(1_000_000) }],
    ['marked_ignore', { $ignore: true }],
  ])('%s is a reason to refuse an event', async (code, more) => {
    await using t = await openProject();
    expect(await t.deliver([eventOf(1), eventOf(2, more), eventOf(3)])).toMatchObject([
      { kind: 'accepted' },
      { kind: 'rejected', code },
      { kind: 'accepted' },
    ]);
    expect(t.mixpanel.counters).toMatchObject({ imported: 2, refused: 0 });
  });

  test('an event whose time has not come is held back, told before the run, and sent later', async () => {
    let now = NOW_MS;
    await using t = await openProject({ now: () => now });
    const soon = eventOf(2, { occurred_at: new Date(NOW_MS + 60_000).toISOString() });
    expect(t.sink.preview?.(t.delivery([eventOf(1), soon]))).toMatchObject([{ index: 1, verdict: { kind: 'unsent' } }]);
    expect(t.sink.describe().warnings[0]).toContain('not come yet');
    expect(await t.deliver([eventOf(1), soon])).toMatchObject([{ kind: 'accepted' }, { kind: 'unsent' }]);
    now += 61_000;
    expect(count(await t.deliver([eventOf(1), soon]))).toEqual({ accepted: 2 });
    expect(t.mixpanel.counters.time_overwritten).toBe(0);
    expect(t.mixpanel.query()).toHaveLength(2);
  });

  test('a clock of ours that is ahead is noticed by the first answer', async () => {
    await using t = await openProject({ ourNow: () => NOW_MS + 600_000 });
    await t.deliver([eventOf(1)]);
    const between = eventOf(2, { occurred_at: new Date(NOW_MS + 300_000).toISOString() });
    expect(await t.deliver([between])).toMatchObject([{ kind: 'unsent' }]);
    expect(t.sink.describe().warnings.join()).toContain('600 s ahead');
    expect(t.mixpanel.counters.time_overwritten).toBe(0);
  });

  test('values that Mixpanel would cut are counted', async () => {
    await using t = await openProject();
    await t.deliver([
      eventOf(1, { long: 'ä'.repeat(256), fits: 'ä'.repeat(255), deep: { a: { b: { c: { d: 1 } } } } }),
    ]);
    expect(t.sink.describe().warnings.join('\n')).toMatch(/1 × texts.*\n.*1 × nested/u);
  });
});

test('with nested=text, what Mixpanel does not keep goes over as JSON text', async () => {
  await using t = await openProject({ query: '&nested=text' });
  const wide = Array.from({ length: 300 }, (_, n) => n);
  await t.deliver([
    '{"event_id":"n1","name":"n","occurred_at":"2026-02-01T00:00:00Z","d":{"a":[{"b":{"c":12345678901234567890}},[]]}}',
    eventOf(2, { wide }),
  ]);
  expect(t.mixpanel.raw[0]?.text).toContain('"d":{"a":[{"b":"{\\"c\\":12345678901234567890}"},[]]}');
  expect(JSON.parse(String(t.mixpanel.query()[1]?.text)).properties.wide).toBe(JSON.stringify(wide));
});

describe('a request', () => {
  test('holds at most 2,000 events and 10 MB', async () => {
    await using t = await openProject();
    expect(count(await t.deliver(many(4_500)))).toEqual({ accepted: 4_500 });
    expect(t.mixpanel.requests).toBe(3);
    expect(count(await t.deliver(many(40, { blob: 'y'.repeat(400_000) })))).toEqual({ accepted: 40 });
    expect(t.mixpanel.counters.refused).toBe(0);
  });

  test('that is partly refused leaves the others accepted, each with Mixpanel’s own words', async () => {
    await using t = await openProject({
      failedIdKey: '$insert_id',
      refuse: ({ properties }) =>
        Number(properties.level_cm) % 1_000 === 7 ? { field: 'properties.level_cm', message: 'too wet' } : undefined,
    });
    const verdicts = await t.deliver(many(3_000));
    expect(count(verdicts)).toEqual({ accepted: 2_997, rejected: 3 });
    expect(verdicts[1_007]).toEqual({
      kind: 'rejected',
      code: 'mixpanel_refused',
      reason: 'too wet',
      pointer: '/properties/level_cm',
    });
    expect(t.mixpanel.requests).toBe(2);
  });

  test('that is refused whole for one event is halved down to it', async () => {
    await using t = await openProject({ simplifiedIdentity: true });
    const verdicts = await t.deliver([...many(9), eventOf(9, { name: '$identify' })]);
    expect(count(verdicts)).toEqual({ accepted: 9, rejected: 1 });
    expect(verdicts[9]).toMatchObject({ reason: expect.stringContaining('simplified identity') });
  });

  test('that is too large for the service is halved, down to the event that is too large alone', async () => {
    await using t = await openProject({ mostBytes: 2_000 });
    const verdicts = await t.deliver([...many(30), eventOf(30, { blob: 'z'.repeat(3_000) })]);
    expect(count(verdicts)).toEqual({ accepted: 30, rejected: 1 });
    expect(verdicts[30]).toMatchObject({ code: 'too_large_for_service' });
  });

  test('is the same, byte for byte, when it is sent again', async () => {
    await using t = await openProject({ faults: scripted({ kind: 'answer-lost' }, { kind: 'answer-cut' }) });
    expect(count(await t.deliver(many(50)))).toEqual({ accepted: 50 });
    expect(t.mixpanel.bodies).toHaveLength(3);
    expect(new Set(t.mixpanel.bodies.map((body) => body.toString('base64'))).size).toBe(1);
    expect(t.mixpanel.query()).toHaveLength(50);
  });

  test('leaves out what the ledger has settled', async () => {
    await using t = await openProject();
    const skip = new Uint8Array(10);
    skip[3] = 1;
    skip[9] = 1;
    await t.sink.deliver({ ...t.delivery(many(10)), skip }, signal);
    expect(t.mixpanel.raw.map(({ properties }) => properties.level_cm)).toEqual([0, 1, 2, 4, 5, 6, 7, 8]);
    await t.sink.deliver({ ...t.delivery(many(10)), skip: skip.fill(1) }, signal);
    expect(t.mixpanel.requests).toBe(1);
  });

  test('that is answered with a web page by somebody else is sent again', async () => {
    await using t = await openProject({
      faults: scripted({ kind: 'answer', status: 200, body: '<html>sign in</html>' }),
    });
    expect(count(await t.deliver(many(2)))).toEqual({ accepted: 2 });
    expect(t.mixpanel.raw).toHaveLength(2);
  });
});

describe('who asks', () => {
  test('may be a service account with its project, or the token alone', async () => {
    await using t = await openProject({ env: { MIXPANEL_TOKEN: TOKEN } });
    expect(count(await t.deliver(many(2)))).toEqual({ accepted: 2 });
    expect(t.sink.label).not.toContain(TOKEN);
  });

  test.each([
    ['a wrong secret', { MIXPANEL_SERVICE_ACCOUNT: 'respool:wrong', MIXPANEL_PROJECT_ID: '2195193' }],
    ['another project', { MIXPANEL_TOKEN: TOKEN, MIXPANEL_PROJECT_ID: '1' }],
  ])('is refused with %s: the sink ends, and says what to look at', async (_, env) => {
    await using t = await openProject({ env });
    await expect(t.deliver(many(2))).rejects.toMatchObject({
      cure: 'mend',
      message: expect.stringMatching(/Invalid credentials.*region us/u),
    });
    expect(t.mixpanel.requests).toBe(1);
  });

  test.each([
    [{}, 'missing_credentials'],
    [{ MIXPANEL_SERVICE_ACCOUNT: 'a:b' }, 'missing_credentials'],
    [{ MIXPANEL_SERVICE_ACCOUNT: 'ab', MIXPANEL_PROJECT_ID: '1' }, 'bad_credentials'],
    [{ MIXPANEL_TOKEN: 'x', MIXPANEL_PROJECT_ID: 'prod' }, 'bad_credentials'],
  ])('has to be told: %j is %s', async (env, code) => {
    await expect(openProject({ env: env as Record<string, string> })).rejects.toMatchObject({ code });
  });

  test.each(['regoin=eu', 'region=mars', 'endpoint=https://x/path', 'events-per-second=fast', 'retry-for=-1'])(
    'cannot say %s',
    async (option) => {
      await expect(openProject({ query: `&${option}` })).rejects.toMatchObject({ code: 'bad_sink_option' });
    },
  );
});

test('no minute holds more than the project allows', async () => {
  await using t = await openProject({ query: '&events-per-second=20000' });
  const startMs = performance.now();
  await t.deliver(many(10_000));
  expect(performance.now() - startMs).toBeGreaterThan(350);
});
