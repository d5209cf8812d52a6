import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkBalance } from '../../src/report/balance.js';
import { worstExitCode } from '../../src/report/exit-code.js';
import { replayReport, sinkReport } from './examples.js';

test('a report whose numbers add up says nothing', () => {
  const report = replayReport({
    read: 10,
    undecodable: 1,
    filtered: 2,
    invalid: 3,
    sinks: [sinkReport({ accepted: 4 })],
  });

  expect(checkBalance(report)).toEqual([]);
});

test('events without a verdict, and events counted twice, are named for each sink', () => {
  const sinks = [
    sinkReport({ name: 'a', accepted: 998 }),
    sinkReport({ name: 'b', accepted: 1000 }),
    sinkReport({ name: 'c', accepted: 999, duplicate: 2 }),
  ];

  expect(checkBalance(replayReport({ read: 1000, sinks }))).toEqual([
    'a does not balance: 1,000 read, 998 accounted for; 2 have no verdict',
    'c does not balance: 1,000 read, 1,001 accounted for; 1 were counted twice',
  ]);
});

test('whatever repairs add and drop, one event more or less is noticed', () => {
  const count = fc.nat({ max: 1000 });
  const counts = fc.record({ undecodable: count, filtered: count, invalid: count, added: count, dropped: count });
  const verdicts = fc.record({ accepted: count, duplicate: count, rejected: count, unknown: count, unsent: count });
  fc.assert(
    fc.property(counts, verdicts, fc.integer({ min: -3, max: 3 }), (before, after, error) => {
      const { added, ...gone } = before;
      const read = sum({ ...gone, ...after }) - added + error;
      const report = replayReport({ ...before, read, sinks: [sinkReport(after)] });
      expect(checkBalance(report)).toHaveLength(error === 0 ? 0 : 1);
    }),
  );
});

test('of several exit codes the worst counts: interrupted, usage, impossible, incomplete, findings, clean', () => {
  expect(worstExitCode([])).toBe(0);
  expect(worstExitCode([0, 1])).toBe(1);
  expect(worstExitCode([1, 4])).toBe(4);
  expect(worstExitCode([4, 2])).toBe(2);
  expect(worstExitCode([2, 3])).toBe(3);
  expect(worstExitCode([3, 130])).toBe(130);
});

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
