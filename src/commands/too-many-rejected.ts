import type { Accounts } from '../flow/accounts.js';
import { thousands } from '../report/text.js';
import type { Threshold } from './values.js';

/** A share means little before so many events have been read. */
const LEAST_FOR_PERCENT = 1_000;

/** Says that more events were refused than `--max-rejected` allows; undefined while they are not. */
export function tooManyRejected(limit: Threshold | undefined, accounts: Accounts): string | undefined {
  if (limit === undefined) return undefined;
  const refused = countRefused(accounts);
  if (limit.kind === 'count') {
    return refused > limit.count ? `${thousands(refused)} events refused; --max-rejected is ${limit.count}` : undefined;
  }
  if (accounts.read < LEAST_FOR_PERCENT) return undefined;
  const percent = (100 * refused) / accounts.read;
  if (percent <= limit.percent) return undefined;
  return `${percent.toFixed(1)}% of ${thousands(accounts.read)} events refused; --max-rejected is ${limit.percent}%`;
}

/** Events that were undecodable, invalid, or rejected by the sink that rejected most. */
export function countRefused({ undecodable, invalid, sinks }: Accounts): number {
  return undecodable + invalid + Math.max(0, ...sinks.map(({ rejected }) => rejected));
}
