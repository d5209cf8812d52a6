import { sqlError } from '../postgres/sql-error.js';

const DISK_FULL = '53100';

/** What a user does about a target that takes nothing for a while. @param error whatever its cause is, is looked at as well. */
export function waitHint(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const isFull = [error, cause].some((each) => sqlError(each)?.code === DISK_FULL);
  return `run the same command again once ${isFull ? 'there is room on its disk' : 'the server answers'}: it goes on where it was`;
}
