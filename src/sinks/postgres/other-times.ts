import type { Batch } from './batch.js';
import { stretches } from './probe.js';

/** How often rows that are in no order have the id, but not the key, of a row before them. */
export function otherTimesAmong({ plan, encoded, idHashes }: Batch, rows: Uint32Array): number {
  if (plan.key[0]?.source.kind !== 'id' || plan.key.length < 2) return 0;
  const [, ...rest] = encoded.keys;
  const keys = new Map<number, Set<string>>();
  let count = 0;
  for (const row of rows) {
    const event = encoded.events[row] ?? 0;
    // 53 bits of the hash are enough to tell ids of one batch apart.
    const id = ((idHashes[2 * event + 1] ?? 0) & 0x1f_ffff) * 2 ** 32 + (idHashes[2 * event] ?? 0);
    const key = rest.map(({ bytes, ends }) => textOf(bytes, ends, row)).join('');
    const known = keys.get(id);
    if (known === undefined) keys.set(id, new Set([key]));
    else if (!known.has(key)) {
      known.add(key);
      count++;
    }
  }
  return count;
}

function textOf(bytes: Uint8Array, ends: Uint32Array, row: number): string {
  const [value = bytes.subarray(0, 0)] = stretches(bytes, ends, Uint32Array.of(row));
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
}
