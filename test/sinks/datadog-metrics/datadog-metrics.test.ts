import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatadogMetrics } from '../../../src/sinks/datadog-metrics/datadog-metrics.js';
import { measure } from '../../../src/sinks/datadog-metrics/measure.js';
import { createTotals, type Total } from '../../../src/sinks/datadog-metrics/totals.js';
import type { Sink } from '../../../src/sinks/sink.js';
import {
  type DatadogMetricsStandIn,
  type DatadogMetricsSwitches,
  METRICS_KEY,
  startDatadogMetrics,
} from '../../stand-ins/datadog-metrics.js';
import { always, scripted } from '../../stand-ins/faults.js';
import { deliver, deliveryOf, fieldsOf } from '../../support/batches.js';
import { folderWith, respool } from '../../support/cli.js';
import { forOneRun } from '../../support/gathering.js';
import { sinkContract } from '../contract.js';

const signal = new AbortController().signal;
const NOW = Date.UTC(2026, 2, 1, 12);
const event = (n: number, more: object = {}, now = NOW) => ({
  event_id: `e-${n}`,
  name: 'order_placed',
  occurred_at: new Date(now - 600_000 + n * 250).toISOString(),
  amount: n,
  plan: n % 2 === 0 ? 'Free' : 'Pro',
  ...more,
});
const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => event(from + i));
const COUNT = '&rule.orders.tag.plan=/plan';
const GAUGE = '&rule.stock.type=gauge&rule.stock.value=/amount&rule.stock.interval=60';
const SPREAD = '&rule.size.type=distribution&rule.size.value=/amount';

interface Opening extends DatadogMetricsSwitches {
  readonly query?: string;
  readonly selection?: string | null;
}

async function open({ query = COUNT, selection = 'abc', ...switches }: Opening = {}) {
  const datadog = await startDatadogMetrics({ now: () => NOW, ...switches });
  const folder = await folderWith();
  const again = (scratch = 'scratch', source: string | null = selection): Promise<Sink> =>
    openDatadogMetrics(`datadog-metrics:?endpoint=${datadog.url}&retry-for=2&timeout=1${query}`, {
      fields: fieldsOf(),
      jobs: 2,
      env: { DD_API_KEY: METRICS_KEY },
      signal,
      scratch: join(folder.path, scratch),
      now: () => NOW,
      ...(source !== null && { selection: source }),
    });
  const sink = await again();
  return {
    datadog,
    folder: folder.path,
    sink,
    again,
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await datadog[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const sumOf = ({ points }: DatadogMetricsStandIn, metric = 'orders') =>
  [...points].reduce((sum, [key, value]) => sum + (key.startsWith(`${metric}{`) ? value : 0), 0);

sinkContract('datadog-metrics', async () => {
  const t = await open({ query: '&rule.orders.event=order_placed&rule.sum.value=/amount' });
  const sink = await forOneRun(t.sink, t.folder);
  return {
    sink,
    good: (from, count) => deliveryOf(sink, range(from, count)),
    withRefused: () => deliveryOf(sink, [...range(0, 2), event(2, { amount: 'many' }), ...range(3, 2)]),
    async held() {
      await sink.finish?.(signal);
      return sumOf(t.datadog);
    },
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await t[Symbol.asyncDispose]();
    },
  };
});

test('events of one second and one set of tags are one point; nothing is sent before the end', async () => {
  await using t = await open({ query: `${COUNT}${GAUGE}&tags=env:prod&host=web-1` });
  for (let at = 0; at < 40; at += 5) await deliver(t.sink, range(at, 5));
  expect(t.datadog.requests).toBe(0);
  await t.sink.finish?.(signal);

  const first = (NOW - 600_000) / 1_000;
  expect(t.datadog.points.get(`orders{env:prod,plan:free,respool_source:abc}@web-1 ${first}`)).toBe(2);
  expect(t.datadog.points.get(`orders{env:prod,plan:pro,respool_source:abc}@web-1 ${first + 9}`)).toBe(2);
  expect(sumOf(t.datadog)).toBe(40);
  // The last value of each interval.
  expect(t.datadog.points.get(`stock{env:prod,respool_source:abc}@web-1 ${first}`)).toBe(39);
  expect(t.datadog.counters).toMatchObject({ overwrites: 0, dropped_old: 0, dropped_future: 0 });
});

test('a repetition sends the same totals, however the events come in batches', async () => {
  await using t = await open({ query: `${COUNT}&rule.sum.value=/amount` });
  const all = range(0, 200).map((each, n) => ({ ...each, amount: 0.1 * n }));
  await deliver(t.sink, all);
  await t.sink.finish?.(signal);
  const before = new Map(t.datadog.points);
  await using again = await t.again('again');
  for (let at = 0; at < all.length; at += 7) await deliver(again, all.slice(at, at + 7));
  await again.finish?.(signal);
  expect(new Map(t.datadog.points)).toEqual(before);
  expect(t.datadog.counters.overwrites).toBe(before.size);
  expect(t.datadog.counters.overwrites_with_different_value).toBe(0);
});

test('a part of the events never replaces the totals of the whole, unless it is declared complete', async () => {
  await using t = await open();
  await deliver(t.sink, range(0, 40));
  await t.sink.finish?.(signal);
  for (const source of ['dead letters', null]) {
    await using part = await t.again(`part ${source}`, source);
    await deliver(part, range(0, 3));
    await part.finish?.(signal);
  }
  expect(t.datadog.counters.overwrites).toBe(0);

  await using whole = await open({ query: `${COUNT}&complete=true` });
  await deliver(whole.sink, range(0, 1));
  await whole.sink.finish?.(signal);
  expect([...whole.datadog.points.keys()]).toEqual([`orders{plan:free}@ ${(NOW - 600_000) / 1_000}`]);
});

test('a source that cannot be recognised is told by its events: the same ones again are the same series', async () => {
  await using t = await open({ selection: null });
  for (const [at, events] of [range(0, 4), range(0, 4).toReversed(), range(4, 4)].entries()) {
    await using sink = await t.again(`s${at}`, null);
    await deliver(sink, events);
    await sink.finish?.(signal);
  }
  const tags = new Set([...t.datadog.points.keys()].map((key) => /respool_source:([0-9a-f]{16})/u.exec(key)?.[1]));
  expect(tags.size).toBe(2);
  expect(sumOf(t.datadog)).toBe(8);
});

test('points that Datadog would drop in silence are refused, and historical ones pass where that is declared', async () => {
  const events = [
    event(0),
    event(1, { occurred_at: new Date(NOW - 3_700_000).toISOString() }),
    event(2, { occurred_at: new Date(NOW + 700_000).toISOString() }),
    event(3, { occurred_at: null }),
    event(4, { occurred_at: new Date(NOW - 500 * 86_400_000).toISOString() }),
  ];
  const codes = async (sink: Sink) =>
    (await deliver(sink, events)).map((verdict) => (verdict.kind === 'rejected' ? verdict.code : verdict.kind));
  await using t = await open();
  expect(await codes(t.sink)).toEqual([
    ...['accepted', 'metric_too_old', 'metric_too_far_ahead', 'metric_without_time', 'metric_too_old'],
  ]);
  expect(t.sink.preview?.(deliveryOf(t.sink, events))?.map(({ index }) => index)).toEqual([1, 2, 3, 4]);

  await using old = await open({ query: `${COUNT}&rule.orders.historical=true`, historical: ['orders'] });
  expect(await codes(old.sink)).toEqual([
    ...['accepted', 'accepted', 'metric_too_far_ahead', 'metric_without_time', 'metric_too_old'],
  ]);
  await old.sink.finish?.(signal);
  expect(sumOf(old.datadog)).toBe(2);
  expect(old.datadog.counters).toMatchObject({ dropped_old: 0, dropped_future: 0 });
});

test('an event that one rule cannot take adds to no metric', () => {
  const { events } = deliveryOf({}, [event(0, { amount: 'many' })]);
  const rule = { tags: [], events: undefined, intervalS: 1, isHistorical: false } as const;
  const rules = [
    { ...rule, metric: 'a', type: 'count' as const, value: undefined },
    { ...rule, metric: 'b', type: 'gauge' as const, value: ['amount'] },
  ];
  expect(measure(events, 0, { rules, tags: [], host: undefined, now: () => NOW })).toMatchObject({
    ...{ code: 'metric_value_missing', pointer: '/amount' },
  });
});

test('totals beyond what memory may hold are the same as those within', async () => {
  await using folder = await folderWith();
  const totalsOf = async (name: string, mostHeld: number) => {
    const totals = createTotals(join(folder.path, name), mostHeld);
    for (let n = 0; n < 3_000; n++) {
      const type = n % 3 === 0 ? ('gauge' as const) : ('count' as const);
      const rule = {
        metric: type,
        type,
        events: undefined,
        value: undefined,
        tags: [],
        intervalS: 1,
        isHistorical: false,
      };
      const second = (n * 7) % 400;
      await totals.add({
        rule,
        host: undefined,
        tags: [`t:${n % 5}`],
        second,
        timeUs: second * 1e6 + (n % 11),
        value: n,
      });
    }
    const all: Total[] = [];
    for await (const total of totals.all()) all.push(total);
    await totals.remove();
    return all;
  };
  const within = await totalsOf('within', 1_000_000);
  expect(within.length).toBeGreaterThan(700);
  expect(await totalsOf('beyond', 100)).toEqual(within);
});

test('bodies stay within the limits of Datadog', async () => {
  await using t = await open({ query: '&rule.orders.tag.user=/user' });
  const long = 'x'.repeat(180);
  await deliver(
    t.sink,
    range(0, 6_000).map((each, n) => ({ ...each, occurred_at: event(0).occurred_at, user: `${long}${n}` })),
  );
  await t.sink.finish?.(signal);
  expect(t.datadog.requests).toBeGreaterThan(2);
  expect(sumOf(t.datadog)).toBe(6_000);
});

test('totals that are too large for Datadog are halved, down to the single point', async () => {
  await using t = await open({ query: COUNT, mostWireBytes: 200 });
  await deliver(t.sink, range(0, 300));
  await t.sink.finish?.(signal);
  expect(t.datadog.requests).toBeGreaterThan(4);
  expect(sumOf(t.datadog)).toBe(300);
  expect(t.datadog.counters.overwrites).toBe(0);

  await using alone = await open({ mostWireBytes: 10 });
  await deliver(alone.sink, range(0, 3));
  await expect(alone.sink.finish?.(signal)).rejects.toMatchObject({ cure: 'mend' });
}, 30_000);

test('totals that are refused are halved: the others are taken, and the one is named', async () => {
  const query = '&rule.stock.type=gauge&rule.stock.value=/amount';
  await using t = await open({ query, refuse: (value) => value === 19 });
  // Four events a second: 3, 7, 11 and so on are the last of theirs.
  await deliver(t.sink, range(0, 40));
  await expect(t.sink.finish?.(signal)).rejects.toMatchObject({
    cure: 'mend',
    message: expect.stringMatching(/refuses 1 point of the totals, all others were taken: stock: .*400/u),
  });
  expect(t.datadog.points.size).toBe(9);

  await using none = await open({ query, refuse: () => true });
  await deliver(none.sink, range(0, 1_000));
  await expect(none.sink.finish?.(signal)).rejects.toMatchObject({
    message: expect.stringMatching(/refuses \d+ points of the totals, the rest was not tried/u),
  });
});

test('distributions that are refused are halved, down to the event that makes it so', async () => {
  await using t = await open({ query: SPREAD, refuse: (value) => value === 13 });
  const verdicts = await deliver(t.sink, range(0, 40));
  expect(verdicts.flatMap(({ kind }, n) => (kind === 'accepted' ? [] : [[n, kind]]))).toEqual([[13, 'rejected']]);
  expect([...t.datadog.distributions.values()].flat()).toHaveLength(39);
});

test('an answer that is lost is asked for again where it changes nothing, and what fails for good is unsent', async () => {
  await using t = await open({ faults: scripted({ kind: 'answer-lost' }, { kind: 'answer', status: 503 }) });
  await deliver(t.sink, range(0, 10));
  await t.sink.finish?.(signal);
  expect(sumOf(t.datadog)).toBe(10);
  expect(t.datadog.counters.overwrites_with_different_value).toBe(0);

  await using refused = await open({ apiKey: 'another key' });
  await deliver(refused.sink, range(0, 1));
  await expect(refused.sink.finish?.(signal)).rejects.toMatchObject({ cure: 'mend' });
  await using down = await open({ faults: always({ kind: 'answer', status: 503 }) });
  await deliver(down.sink, range(0, 1));
  await expect(down.sink.finish?.(signal)).rejects.toMatchObject({ cure: 'wait' });
}, 60_000);

test('distributions are sent at once, and what has no answer is unknown', async () => {
  await using t = await open({ query: SPREAD, faults: scripted(undefined, { kind: 'answer-lost' }) });
  expect(await deliver(t.sink, range(0, 4))).toMatchObject([...new Array(4).fill({ kind: 'accepted' })]);
  expect([...t.datadog.distributions.values()].flat()).toEqual([0, 1, 2, 3]);
  expect(await deliver(t.sink, range(4, 2))).toMatchObject([{ kind: 'unknown' }, { kind: 'unknown' }]);
  expect(t.sink.onRepeat).toBe('duplicated');
});

test('a replay that is repeated sends the same totals and no distribution twice', async () => {
  await using datadog = await startDatadogMetrics();
  const now = Date.now();
  const lines = [...Array.from({ length: 60 }, (_, n) => event(n, {}, now)), event(7, {}, now)];
  await using folder = await folderWith({
    'dump.ndjson': `${lines.map((each) => JSON.stringify(each)).join('\n')}\n`,
    'respool.config.yaml': `sinks:
  metrics:
    to: datadog-metrics
    endpoint: ${datadog.url}
    rule:
      orders: { metric: app.orders, event: order_*, tag: { plan: /plan } }
      size: { metric: app.size, type: distribution, value: /amount }
`,
  });
  const call = async (...more: readonly string[]) =>
    JSON.parse(
      (
        await respool(['replay', 'dump.ndjson', '--to', 'metrics', '--output', 'json', ...more], {
          cwd: folder.path,
          env: { DD_API_KEY: METRICS_KEY },
        })
      ).stdout,
    );
  expect(await call()).toMatchObject({ complete: true, sinks: [{ accepted: 60, duplicate: 1, unsent: 0 }] });
  expect(sumOf(datadog, 'app.orders')).toBe(60);
  expect(await call('--batch', '7')).toMatchObject({ complete: true, sinks: [{ accepted: 0, duplicate: 61 }] });
  expect(sumOf(datadog, 'app.orders')).toBe(60);
  expect(datadog.counters).toMatchObject({ overwrites_with_different_value: 0, dropped_old: 0 });
  expect([...datadog.distributions.values()].flat()).toHaveLength(60);
}, 60_000);

test('rules that cannot be meant are named', async () => {
  const refuse = async (query: string, message: RegExp) =>
    expect(open({ query })).rejects.toMatchObject({ code: 'bad_sink_option', message: expect.stringMatching(message) });
  await refuse('', /no rule/u);
  await refuse('&rule.a.typ=count', /rule\.a\.typ/u);
  await refuse('&rule.a.type=rate', /rule a: type/u);
  await refuse('&rule.a.type=gauge', /needs a value/u);
  await refuse('&rule.a.metric=9', /no name of a metric/u);
  await refuse('&rule.a.type=distribution&rule.a.value=/x&rule.a.historical=true', /no historical distributions/u);
  await refuse('&rule.a.metric=m&rule.b.metric=m&rule.b.interval=10', /differ/u);
});
