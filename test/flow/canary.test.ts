import { expect, test } from 'vitest';
import { emptyAccounts } from '../../src/flow/accounts.js';
import { createCanary } from '../../src/flow/canary.js';

const after = (read: number, repeated: number) => ({ ...emptyAccounts([]), read, repeated });

test('each step ends where it says, and the run stops at the first in which the old failure is back', () => {
  const canary = createCanary([
    { kind: 'count', count: 10 },
    { kind: 'percent', percent: 1 },
    { kind: 'percent', percent: 10 },
  ]);
  expect(canary.isDue({ events: 9, share: 0.5 })).toBe(false);
  expect(canary.isDue({ events: 10, share: undefined })).toBe(true);
  expect(canary.verdict(after(10, 0))).toBeUndefined();
  expect(canary.isDue({ events: 99, share: undefined })).toBe(false);
  expect(canary.isDue({ events: 99, share: 0.01 })).toBe(true);
  expect(canary.verdict(after(99, 3))).toBe(
    '--canary: at step 1%, after 99 events, 3 failed again, for the same reason as far as one is known: the fix is not live',
  );
});

test('what failed in an earlier invocation of the run does not stop this one', () => {
  const canary = createCanary([{ kind: 'count', count: 10 }]);
  expect(canary.verdict(after(10, 0))).toBeUndefined();
  expect(canary.isDue({ events: 1_000, share: 1 })).toBe(false);
});
