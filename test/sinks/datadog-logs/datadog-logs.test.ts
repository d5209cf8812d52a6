import { describe, expect, test } from 'vitest';
import { APP_KEY } from '../../stand-ins/datadog-logs.js';
import { scripted } from '../../stand-ins/faults.js';
import { count } from '../../support/batches.js';
import { eventOf, NOW_MS, openIntake } from './intake.js';

const signal = new AbortController().signal;
const HOUR_MS = 3_600_000;
const many = (number: number, more: object = {}) => Array.from({ length: number }, (_, id) => eventOf(id, more));
const at = (ms: number) => new Date(NOW_MS + ms).toISOString();

describe('an event becomes', () => {
  test('a log whose attributes have the bytes that the event has', async () => {
    await using t = await openIntake({ query: '&service=web&tags=team:harbour,Env:Prod&tag.ship=/ship' });
    const occurred_at = at(-1_000);
    await t.deliver([
      `{"event_id":"a 1","name":"arrived","occurred_at":"${occurred_at}","ship":"Sea, Eagle","n":1.50e3}`,
    ]);
    expect(t.datadog.logs[0]?.attributes).toEqual({
      message: 'arrived',
      timestamp: NOW_MS - 1_000,
      event_id: 'a 1',
      ddsource: 'respool',
      service: 'web',
      ddtags: 'team:harbour,env:prod,ship:sea__eagle',
      name: 'arrived',
      occurred_at,
      ship: 'Sea, Eagle',
      n: 1_500,
    });
  });

  test('one with one date, and nothing of the event is taken for another', async () => {
    await using t = await openIntake();
    await t.deliver([
      eventOf(1, { date: '1999-01-01', eventTime: 5, '@timestamp': 'x', host: 7, level: 'warn', ddtags: 'a:b' }),
    ]);
    const [log] = t.datadog.logs;
    expect(log?.timeMs).toBe(NOW_MS - HOUR_MS + 1_000);
    expect(log?.attributes).toMatchObject({
      original_date: '1999-01-01',
      original_eventTime: 5,
      original_timestamp: 'x',
      original_host: 7,
      original_ddtags: 'a:b',
      level: 'warn',
    });
    expect(log?.attributes).not.toHaveProperty('date');
  });

  test('what the address maps', async () => {
    const query = '&attributes=mapped&attribute.depth=/level_cm&message=/text&status=/severity&host=buoy-1&source=tide';
    await using t = await openIntake({ query });
    await t.deliver([eventOf(7, { text: 'low water', severity: 'warning' })]);
    expect(t.datadog.logs[0]?.attributes).toEqual({
      message: 'low water',
      timestamp: NOW_MS - HOUR_MS + 7_000,
      event_id: 'e7',
      ddsource: 'tide',
      status: 'warning',
      hostname: 'buoy-1',
      depth: 7,
    });
  });

  test('a log with the event’s own message, service and status', async () => {
    await using t = await openIntake({ env: { DD_ENV: 'prod' } });
    await t.deliver([eventOf(1, { message: 'hello', service: 'api', status: 'error' })]);
    expect(t.datadog.logs[0]?.attributes).toMatchObject({
      message: 'hello',
      service: 'api',
      status: 'error',
      ddtags: 'env:prod',
    });
  });
});

describe('what Datadog would drop in silence', () => {
  test.each([
    [-18 * HOUR_MS - 1_000, 'log_too_old'],
    [-18 * HOUR_MS + 60_000, undefined],
    [2 * HOUR_MS - 1_000, undefined],
    [2 * HOUR_MS + 1_000, 'log_too_far_ahead'],
  ])('an event of now %d ms is %s', async (ms, code) => {
    await using t = await openIntake();
    const verdicts = await t.deliver([eventOf(1), eventOf(2, { occurred_at: at(ms) }), eventOf(3)]);
    const expected = code === undefined ? { kind: 'accepted' } : { kind: 'rejected', code };
    expect(verdicts).toMatchObject([{ kind: 'accepted' }, expected, { kind: 'accepted' }]);
    expect(t.datadog.counters).toMatchObject({ dropped_old: 0, dropped_future: 0 });
    expect(t.datadog.logs).toHaveLength(code === undefined ? 3 : 2);
  });

  test('is told before a run, with the way out', async () => {
    await using t = await openIntake();
    const old = t.delivery([eventOf(1), eventOf(2, { occurred_at: '2019-01-01T00:00:00Z' })]);
    expect(t.sink.preview?.(old)).toMatchObject([{ index: 1, verdict: { kind: 'rejected', code: 'log_too_old' } }]);
    expect(t.sink.describe().warnings[0]).toMatch(/1 × older than 18 hours.*2019-01-01.*datadog-archive/u);
    expect(t.datadog.requests).toBe(0);
  });

  test('is refused also when it became too old while the service was down', async () => {
    let now = NOW_MS;
    const busy = { kind: 'answer', status: 503 } as const;
    await using t = await openIntake({
      now: () => now,
      faults: () => {
        now += HOUR_MS;
        return now < NOW_MS + 3 * HOUR_MS ? busy : undefined;
      },
    });
    const verdicts = await t.deliver([eventOf(1, { occurred_at: at(-16.5 * HOUR_MS) }), eventOf(2)]);
    expect(verdicts).toMatchObject([{ kind: 'rejected', code: 'log_too_old' }, { kind: 'accepted' }]);
    expect(t.datadog.counters.dropped_old).toBe(0);
  });

  test('a clock of ours that is behind is noticed by the first answer', async () => {
    await using t = await openIntake({ ourNow: () => NOW_MS - 2 * HOUR_MS });
    await t.deliver([eventOf(1)]);
    expect(await t.deliver([eventOf(2, { occurred_at: at(-19 * HOUR_MS) })])).toMatchObject([{ kind: 'rejected' }]);
    expect(t.sink.describe().warnings.join()).toContain('behind');
  });
});

describe('a log beyond the limits', () => {
  const deep = { a: { b: { c: { d: { e: { f: { g: { h: { i: { j: 1 } } } } } } } } } };
  const wide = Object.fromEntries(Array.from({ length: 260 }, (_, n) => [`p${n}`, n]));
  const odd = [
    { blob: 'x'.repeat(1_100_000) },
    deep,
    { ['k'.repeat(50)]: 1 },
    { in: { ['k'.repeat(50)]: 1 } },
    wide,
    { all: wide },
  ];

  test.each(odd)('is refused (%#)', async (more) => {
    await using t = await openIntake();
    const verdicts = await t.deliver([eventOf(1), eventOf(2, more)]);
    expect(verdicts).toMatchObject([
      { kind: 'accepted' },
      {
        kind: 'rejected',
        code: expect.stringMatching(/log_too_large|attribute_limit/u),
        reason: expect.stringContaining('oversize=cut'),
      },
    ]);
  });

  test.each(odd)('or cut, marked and counted (%#)', async (more) => {
    await using t = await openIntake({ query: '&oversize=cut' });
    expect(await t.deliver([eventOf(2, more)])).toEqual([{ kind: 'accepted' }]);
    expect(t.datadog.logs[0]?.attributes).toMatchObject({ event_id: 'e2', respool_cut: expect.any(Array) });
    expect(t.datadog.counters).toMatchObject({ violations: 0, truncated: 0 });
    expect(t.sink.describe().warnings.join()).toContain('1 × logs beyond');
  });

  test('has its message cut where that is too long', async () => {
    await using t = await openIntake({ query: '&oversize=cut' });
    await t.deliver([eventOf(1, { message: 'ä'.repeat(600_000) })]);
    expect(t.datadog.logs[0]?.attributes).toMatchObject({ respool_cut: ['message'], level_cm: 1 });
    expect(t.datadog.counters.truncated).toBe(0);
  });
});

describe('a request', () => {
  test('holds at most 1,000 logs and 5 MB', async () => {
    await using t = await openIntake();
    expect(count(await t.deliver(many(2_500)))).toEqual({ accepted: 2_500 });
    expect(t.datadog.requests).toBe(3);
    expect(count(await t.deliver(many(30, { blob: 'y'.repeat(400_000) })))).toEqual({ accepted: 30 });
    expect(t.datadog.duplicates()).toBe(30);
  });

  test.each(['answer-lost', 'answer-cut', 'silent'] as const)(
    'without an answer (%s) is unknown, and never sent again',
    async (kind) => {
      await using t = await openIntake({ faults: scripted({ kind }) });
      const verdicts = await t.deliver(many(1_500));
      expect(count(verdicts)).toEqual({ unknown: 1_000, accepted: 500 });
      expect(t.datadog.duplicates()).toBe(0);
    },
  );

  test('that was certainly not taken is sent again', async () => {
    const fault = {
      kind: 'answer',
      status: 429,
      headers: { 'x-ratelimit-reset': '0' },
      body: '<html>slow down</html>',
    } as const;
    await using t = await openIntake({ faults: scripted(fault, { kind: 'answer', status: 408 }) });
    expect(count(await t.deliver(many(10)))).toEqual({ accepted: 10 });
    expect(t.datadog.duplicates()).toBe(0);
  });

  test('that the service calls malformed is halved down to the log that makes it so', async () => {
    await using t = await openIntake({ refuse: ({ level_cm }) => level_cm === 77 });
    const verdicts = await t.deliver(many(200));
    expect(count(verdicts)).toEqual({ accepted: 199, rejected: 1 });
    expect(verdicts[77]).toMatchObject({
      code: 'refused_by_service',
      reason: expect.stringContaining('Malformed payload'),
    });
    expect(t.datadog.duplicates()).toBe(0);
  });

  test('behind one that was taken is unsent, not forgotten, when the service goes down', async () => {
    let requests = 0;
    await using t = await openIntake({
      faults: () => (++requests > 1 ? { kind: 'answer', status: 503 } : undefined),
      query: '&retry-for=0.3',
    });
    expect(count(await t.deliver(many(2_000)))).toEqual({ accepted: 1_000, unsent: 1_000 });
    await expect(t.deliver(many(1))).rejects.toMatchObject({ name: 'SinkUnavailableError' });
  });

  test('with a wrong key ends the sink', async () => {
    await using t = await openIntake({ env: { DD_API_KEY: 'wrong' } });
    await expect(t.deliver(many(2))).rejects.toMatchObject({
      cure: 'mend',
      message: expect.stringContaining('API key is invalid'),
    });
  });
});

describe('which events are there', () => {
  const within = { fromMs: NOW_MS - 18 * HOUR_MS, toMs: NOW_MS + 2 * HOUR_MS };

  test('is asked by their ids, however odd those are', async () => {
    await using t = await openIntake({ env: { DD_APP_KEY: APP_KEY } });
    const odd = ['a"b', 'c\\d', 'with space', 'OR'];
    await t.deliver([...many(250), ...odd.map((event_id, n) => eventOf(300 + n, { event_id }))]);
    const asked = [...many(260).map(({ event_id }) => event_id), ...odd];
    const found = await t.sink.find?.(asked, within, signal);
    expect(found?.size).toBe(254);
    expect(found?.has('a"b')).toBe(true);
    expect(found?.has('e255')).toBe(false);
  });

  test('cannot be asked without an application key, or with a wrong one', async () => {
    await using t = await openIntake();
    expect(t.sink.find).toBeUndefined();
    await using wrong = await openIntake({ env: { DD_APP_KEY: 'wrong' } });
    await expect(wrong.sink.find?.(['e1'], within, signal)).rejects.toMatchObject({ name: 'SinkUnavailableError' });
  });
});

test.each(['site=datadoghq.eu.com', 'oversize=maybe', 'servce=web', 'tag.=x'])(
  'an address cannot say %s',
  async (option) => {
    await expect(openIntake({ query: `&${option}` })).rejects.toMatchObject({ code: 'bad_sink_option' });
  },
);

test('without a key nothing is begun', async () => {
  await expect(openIntake({ env: { DD_API_KEY: '' } })).rejects.toMatchObject({ code: 'missing_credentials' });
});
