import { describe, expect, test } from 'vitest';
import type { Delivery, Sink } from '../../src/sinks/sink.js';
import { count } from '../support/batches.js';

/** A sink under test, over a peer of its own. */
export interface SinkUnderTest extends AsyncDisposable {
  readonly sink: Sink;
  /** A delivery of `count` good events, numbered from `from`; the same numbers are the same events. */
  good(from: number, count: number): Delivery;
  /** A delivery of five events of which only the third is refused by the far side; absent where it refuses none. */
  withRefused?(): Delivery;
  /** How many events the far side holds. */
  held(): Promise<number>;
}

/** What every sink promises, whatever it writes to. */
export function sinkContract(name: string, open: () => Promise<SinkUnderTest>): void {
  const signal = new AbortController().signal;

  describe(`the sink ${name}`, () => {
    test('gives one verdict for each event, in their order', async () => {
      await using t = await open();
      expect(await t.sink.deliver(t.good(0, 20), signal)).toEqual(new Array(20).fill({ kind: 'accepted' }));
      expect(await t.held()).toBe(20);
    });

    test('takes a delivery without events', async () => {
      await using t = await open();
      expect(await t.sink.deliver(t.good(0, 0), signal)).toEqual([]);
    });

    test('does with a second delivery what it declares', async () => {
      await using t = await open();
      await t.sink.deliver(t.good(0, 10), signal);
      const again = count(await t.sink.deliver(t.good(5, 10), signal));
      if (t.sink.onRepeat === 'ignored') expect(again).toEqual({ duplicate: 5, accepted: 5 });
      expect(await t.held()).toBe(t.sink.onRepeat === 'duplicated' ? 20 : 15);
    });

    test('lets the neighbours of a refused event land', async () => {
      await using t = await open();
      const delivery = t.withRefused?.();
      if (delivery === undefined) return;
      const verdicts = await t.sink.deliver(delivery, signal);
      expect(verdicts.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'rejected', 'accepted', 'accepted']);
      expect(verdicts[2]).toMatchObject({
        code: expect.stringMatching(/^[a-z][a-z0-9]*(_[A-Za-z0-9]+)*$/),
        reason: expect.stringMatching(/./),
      });
      expect(await t.held()).toBe(4);
    });

    test('takes as many deliveries at once as it declares', async () => {
      await using t = await open();
      const deliveries = Array.from({ length: t.sink.limits.concurrency + 2 }, (_, n) =>
        t.sink.deliver(t.good(n * 10, 10), signal),
      );
      expect(count((await Promise.all(deliveries)).flat())).toEqual({ accepted: deliveries.length * 10 });
    });

    test('writes nothing once the signal has aborted', async () => {
      await using t = await open();
      await expect(t.sink.deliver(t.good(0, 5), AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
      expect(await t.held()).toBe(0);
    });

    test('names itself the same way each time and tells what it would do', async () => {
      await using t = await open();
      expect(t.sink.label).not.toMatch(/password|secret/);
      expect(t.sink.describe().notes.length).toBeGreaterThan(0);
    });
  });
}
