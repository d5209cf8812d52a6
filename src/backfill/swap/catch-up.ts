import type { Connection } from '../../postgres/connection.js';
import { type Capture, changesLeft, SYNC_KEYS, syncSql } from './capture.js';
import { truncatedMeanwhile } from './refusals.js';

/** Fewer noted keys than this are carried over under the lock. */
const FEW = 500;
const MOST_ROUNDS = 50;

/**
 * Carries over what others have written, in bounded steps, until so little is left that it can be done under
 * the lock. @param pass resolves when so many more rows may be carried.
 */
export async function catchUp(
  session: Connection,
  capture: Capture,
  { name, pass }: { readonly name: string; readonly pass: (rows: number) => Promise<void> },
): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { left, isTruncated } = await changesLeft(session, capture);
    if (isTruncated) throw truncatedMeanwhile(name);
    if (left <= FEW) return;
    for (let done = 0; done < left; done += SYNC_KEYS) {
      await pass(Math.min(SYNC_KEYS, left - done));
      await session.run(`begin; ${syncSql(capture).join('; ')}; commit`);
    }
  }
}
