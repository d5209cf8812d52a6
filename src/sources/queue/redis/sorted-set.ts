import type { Redis } from 'ioredis';
import { type RedisConnection, runScript } from './connect.js';
import { PAGE_OF_SET } from './page-of-set.js';

/** One member of a sorted set, with the fields of its hash that were asked for. */
export interface Entry {
  readonly member: Buffer;
  readonly score: string;
  readonly fields: readonly (Buffer | null)[];
}

interface SetOptions {
  readonly key: string;
  /** What stands in front of a member's name in the key of its hash. */
  readonly hashPrefix?: string;
  readonly fields?: readonly string[];
  /** Whether what is added after the start is read too. */
  readonly follow: boolean;
}

/** A page is read by one script, during which the server serves nobody else. */
const MOST_MEMBERS = 1_000;
const MOST_BYTES = 4 * 2 ** 20;

/**
 * Reads a sorted set in its own order, (score, member), each member at most once, and removes nothing. The function
 * yields the next entries as far as the highest score at the start, and none behind it.
 */
export function createSetReader(
  connection: RedisConnection,
  { key, hashPrefix = '', fields = [], follow }: SetOptions,
): (signal: AbortSignal) => Promise<readonly Entry[]> {
  let highest: string | undefined;
  let cursor: Entry | undefined;
  return (signal) =>
    connection.read(async (redis) => {
      highest ??= follow ? '+inf' : await highestScore(redis, key);
      if (highest === undefined) return [];
      // Scores stay text, so that none is rounded.
      const from = [cursor?.score ?? '', cursor?.member ?? ''];
      const limits = [highest, String(MOST_MEMBERS), String(MOST_BYTES)];
      const values = [...from, ...limits, hashPrefix, ...fields];
      const page = await runScript(redis, PAGE_OF_SET, { keys: [key], values });
      const entries = entriesOf(page as (Buffer | null)[], fields.length); // as the script answers
      cursor = entries.at(-1) ?? cursor;
      return entries;
    }, signal);
}

function entriesOf(page: readonly (Buffer | null)[], fields: number): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < page.length; at += 2 + fields) {
    const [member, score] = [page[at], page[at + 1]];
    if (!member || !score) continue;
    entries.push({ member, score: score.toString('latin1'), fields: page.slice(at + 2, at + 2 + fields) });
  }
  return entries;
}

async function highestScore(redis: Redis, key: string): Promise<string | undefined> {
  const [, score] = await redis.zrange(key, -1, '-1', 'WITHSCORES');
  return score;
}
