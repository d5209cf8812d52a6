import { createDigestSet } from './digest-set.js';

/** The newest keys, in bounded memory: the oldest are forgotten. */
export interface RecentKeys {
  has(key: string): boolean;
  add(key: string): void;
}

/** Remembers at least the last `least` keys, and at most twice as many. */
export function createRecentKeys(least: number): RecentKeys {
  let young = createDigestSet();
  let old = createDigestSet();
  return {
    has: (key) => young.has(key) || old.has(key),
    add(key) {
      young.add(key);
      if (young.size < least) return;
      old = young;
      young = createDigestSet();
    },
  };
}
