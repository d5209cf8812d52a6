import type { Redis } from 'ioredis';
import { didYouMean } from '../../../did-you-mean.js';
import { UsageError } from '../../../errors.js';

interface Missing {
  readonly label: string;
  /** What stands in front of and behind the name of a queue in its key. */
  readonly prefix: string;
  readonly suffix: string;
  readonly name: string;
  /** Other names that this kind of source takes. */
  readonly others?: readonly string[];
}

const MOST_SCANS = 20;
const SCAN_COUNT = 1_000;

/** The error for a queue that is not there, with the name of one that is. */
export async function queueNotFound(
  redis: Redis,
  { label, prefix, suffix, name, others = [] }: Missing,
): Promise<Error> {
  const names = await namesOf(redis, prefix, suffix);
  return new UsageError(`${label}: there is no such queue on this server`, {
    code: 'source_not_found',
    hint: didYouMean(name, [...others, ...names]) ?? listed(names),
  });
}

async function namesOf(redis: Redis, prefix: string, suffix: string): Promise<readonly string[]> {
  const pattern = `${prefix.replaceAll(/[*?[\]\\]/gu, '\\$&')}*${suffix}`;
  const names: string[] = [];
  let cursor = '0';
  for (let scan = 0; scan < MOST_SCANS; scan++) {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT);
    names.push(...keys.map((key) => key.slice(prefix.length, key.length - suffix.length)));
    cursor = next;
    if (cursor === '0') break;
  }
  return names;
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'check the name, the prefix or namespace, and REDIS_URL (server and database number)';
  return `queues there: ${names.toSorted().slice(0, 10).join(', ')}`;
}
