import type { Connection } from '../../postgres/connection.js';
import type { Delivery } from '../sink.js';
import { type Batch, DUPLICATE, judge, range } from './batch.js';
import type { EncodedRows } from './encode/encoded-rows.js';
import { openKeys, type Place } from './open-batch.js';
import { trySearch } from './probe.js';
import { type Experience, searchBatch } from './write-batch.js';

/** What remains of a delivery once keys have been looked up. */
export interface Remainder {
  /** The events that have to be written; undefined when there are none. */
  readonly encoded: EncodedRows | undefined;
  /** What has been looked up; undefined when nothing was. */
  readonly keys: Batch | undefined;
}

/** Looks keys up inside a transaction, which it ends. */
type LookUp = (keys: Batch) => Promise<void>;

/**
 * Gives its verdict to every event that was there before and of which only the key has been encoded, and to every one that the
 * encoder refused: nothing of it would be written. What is new among keys is encoded whole.
 */
export async function lookUpFirst(place: Place, lookUp: LookUp): Promise<Remainder> {
  const { delivery, verdicts } = place;
  const encoded = delivery.encoded as EncodedRows; // made by this sink's encoders
  const { encode, refused, isOfKeys = false } = delivery;
  if (encode === undefined || (!isOfKeys && refused.length === 0)) return { encoded, keys: undefined };
  const again = isOfKeys ? undefined : await encode('keys', indexesOf(refused));
  const keys = openKeys((again?.encoded ?? encoded) as EncodedRows, place); // as above
  await lookUp(keys);
  if (!isOfKeys) return { encoded, keys: undefined };
  // What has no usable key hears the reason from the encoder of whole events.
  const left = [...verdicts.keys()].filter((event) => verdicts[event]?.kind !== 'duplicate');
  if (left.length === 0) return { encoded: undefined, keys };
  const whole = await encode('whole', left);
  for (const { index, verdict } of whole.refused) verdicts[index] = verdict;
  return { encoded: whole.encoded as EncodedRows, keys }; // as above
}

/** Looks the keys of a batch up; one that cannot be searched for is as good as missing. */
export async function searchKeys(connection: Connection, keys: Batch, experience: Experience): Promise<void> {
  if ((await searchBatch(connection, keys, experience)) !== undefined) return;
  for (const { group, target } of keys.groups) {
    await searchByHalves(connection, keys, target.relation, range(group.first, group.end));
  }
}

/** Rows that are there become duplicates; those that nobody can search for are found by halving. */
async function searchByHalves(connection: Connection, keys: Batch, relation: string, rows: Uint32Array): Promise<void> {
  const found = await trySearch(connection, keys, relation, rows);
  if (found !== undefined) judge(keys, found, DUPLICATE);
  else if (rows.length > 1) {
    const middle = rows.length >> 1;
    await searchByHalves(connection, keys, relation, rows.subarray(0, middle));
    await searchByHalves(connection, keys, relation, rows.subarray(middle));
  }
}

function indexesOf(refused: Delivery['refused']): readonly number[] {
  return refused.map(({ index }) => index);
}
