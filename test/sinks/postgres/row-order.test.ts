import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys, sortByKey } from '../../../src/sinks/postgres/encode/row-order.js';

function keysOf(texts: readonly string[]) {
  const pieces = texts.map((text) => Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text, 'latin1')]));
  let end = 0;
  return { bytes: Buffer.concat(pieces), ends: Uint32Array.from(pieces, (piece) => (end += piece.length)) };
}

test('rows come in the order of their keys, whatever the keys share', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom('evt_', 'evt_0', 'evt_00', 'evt_000000001', 'evt_000000002', ''),
  );
  fc.assert(
    fc.property(
      fc.array(
        text.filter((value) => /^[\0-\xff]*$/.test(value)),
        { maxLength: 200 },
      ),
      (texts) => {
        const keys = keysOf(texts);
        const rows = texts.map((_, row) => row);
        expect([...sortByKey(rows, keys)]).toEqual(rows.toSorted((a, b) => compareKeys(keys, a, b) || a - b));
      },
    ),
  );
});
