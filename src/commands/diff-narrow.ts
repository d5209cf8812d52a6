import { type Narrowed, narrowTables } from '../diff/narrow.js';
import type { Side } from '../diff/side.js';
import { formatPointer } from '../event/pointer.js';
import type { DiffReading } from './diff-sides.js';

/**
 * Compares two tables by checksums first, where that can tell all: no events are chosen, and none are left out. What
 * the rules make equal besides does not matter, because equal rows are equal under every rule.
 */
export async function narrow({ call, open, progress }: DiffReading): Promise<Narrowed | undefined> {
  const { options, stop } = call;
  const [left, right] = [open.left.table, open.right.table];
  if (left === undefined || right === undefined || choosesEvents(options) || options.settle !== undefined)
    return undefined;
  const pointers = keyPointers(open)?.map(formatPointer);
  if (pointers === undefined) return undefined;
  const key = { left: pointers, right: pointers };
  progress.detail('comparing checksums of both tables');
  const narrowed = await narrowTables({ left, right, key, signal: stop.finish });
  progress.detail(narrowed === undefined ? 'reading both tables whole' : 'reading the rows whose checksums differ');
  return narrowed;
}

/** Checksums are of whole tables: they cannot tell of events that are chosen. */
export function choosesEvents({ since, until, where, noise, split, event }: DiffReading['call']['options']): boolean {
  return (since ?? until ?? where ?? noise ?? split) !== undefined || event.length > 0;
}

/** The fields of the key; undefined when it is the whole event, or has other names on the right. */
export function keyPointers({ identity, rules }: DiffReading['open']) {
  if (identity.key.kind === 'content' || rules.renames.length > 0) return undefined;
  const { id } = identity.left;
  const pointers = identity.key.kind === 'fields' ? identity.key.pointers : id === undefined ? [] : [id.pointer];
  return pointers;
}

/** Both sides with the rows that checksums have told to be equal. */
export function withKnown(narrowed: Narrowed | undefined, left: Side, right: Side) {
  if (narrowed === undefined) return { left, right };
  const { extents, hasTimes } = narrowed;
  const times = (extent: Narrowed['extents']['left']) =>
    hasTimes ? { firstUs: extent.firstUs, lastUs: extent.lastUs } : {};
  return {
    left: { ...left, ...times(extents.left), known: extents.left.rows - left.events },
    right: { ...right, ...times(extents.right), known: extents.right.rows - right.events },
  };
}
