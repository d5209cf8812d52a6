import type { Cursor } from './cursor.js';
import type { HeldProblem, HeldRecord } from './spec.js';

/** Makes the record of something that goes no further, whole, with its reasons, from what is under the cursor. */
export function heldRecord(
  cursor: Cursor,
  kind: HeldRecord['kind'],
  { problems, raw }: { readonly problems: readonly HeldProblem[]; readonly raw?: Uint8Array | undefined },
): HeldRecord {
  const { id, name, timeUs, timeRest, line, offset, attempts, layers, mended } = cursor;
  const identity = kind === 'invalid' && problems[0]?.code !== 'id_not_scalar' ? { id, name, timeUs, timeRest } : {};
  const text = raw ?? cursor.text.slice(cursor.start, cursor.end);
  return {
    kind,
    line,
    offset,
    problems,
    ...identity,
    attempts,
    ...(layers.length > 0 && { layers }),
    // What is kept is what came in: the next repair starts from there. A part of it stands for itself.
    ...(mended?.original === undefined ? { raw: text } : { raw: mended.original, repaired: text }),
    ...(mended?.partOf !== undefined && { original: mended.partOf }),
  };
}

/** A problem with the byte at which it was found, and in whose body. */
export function placed({ layers }: Cursor, { at, ...problem }: HeldProblem & { readonly at?: number }): HeldProblem {
  const inner = layers.at(-1);
  if (at !== undefined && inner !== undefined && inner.kind !== 'quarantine') {
    return { ...problem, message: `the body of the ${inner.kind} letter: ${problem.message}` };
  }
  return at ? { ...problem, message: `${problem.message} (byte ${at} of the record)` } : problem;
}
