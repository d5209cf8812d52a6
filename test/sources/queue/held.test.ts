import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Message, QueueDriver } from '../../../src/sources/queue/driver.js';
import { openHeld } from '../../../src/sources/queue/held.js';

/** A driver whose leases last 40 ms and whose prolongation takes `extendMs`. */
function driverWith(extendMs: number, extended: string[][] = []): QueueDriver<number> {
  return {
    label: 'test:queue',
    limits: { pollers: 1, acks: 2, held: 100, leaseMs: 40 },
    describe: async () => ({ isDeadLetters: true, why: 'it is a test', warnings: [] }),
    receive: async () => [],
    isDrained: async () => true,
    ack: async () => [],
    release: async () => {},
    async extend(messages) {
      extended.push(messages.map(({ key }) => key));
      await sleep(extendMs);
      return messages.map(() => true);
    },
    async [Symbol.asyncDispose]() {},
  };
}

const message = (key: string): Message<number> => ({
  key,
  handle: 1,
  letter: { kind: 'test', queue: 'queue', body: '{}' },
});

test('prolonging that takes longer than a lease does not pile up in front of an acknowledgement', async () => {
  await using held = openHeld(driverWith(150));
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) held.take(message(key));
  await sleep(700);
  const startedMs = performance.now();
  held.give('a');
  await held.quiet();

  expect(performance.now() - startedMs).toBeLessThan(400);
});

test('what is not held any more is not prolonged, and an empty call is not made', async () => {
  const extended: string[][] = [];
  await using held = openHeld(driverWith(60, extended));
  for (const key of ['a', 'b', 'c', 'd']) held.take(message(key));
  while (extended.length === 0) await sleep(2);
  held.give('c');
  held.give('d');
  await sleep(300);

  expect(extended.length).toBeGreaterThan(1);
  expect(extended.every((keys) => keys.length > 0)).toBe(true);
  expect(extended.flat()).not.toContain('c');
});
