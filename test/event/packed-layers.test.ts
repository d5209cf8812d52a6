import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Layer } from '../../src/event/layer.js';
import { LayerPacker, unpackLayers } from '../../src/event/packed-layers.js';

const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', '\0', 'a\0', '\ud800', '😀', '\u{1f600}\0'),
  fc.string({ unit: 'binary' }),
);
const layer = fc.record(
  {
    kind: fc.constantFrom('sns', 'sidekiq'),
    id: text,
    queue: fc.constantFrom('orders', 'mails'),
    name: text,
    time: fc.oneof(text, fc.integer()),
    error: fc.record({ class: fc.constantFrom('A', 'B'), message: text }, { requiredKeys: [] }),
    deliveries: fc.integer({ min: 1, max: 3 }),
    // Of an earlier run whatever stands in its quarantine.
    other: fc.json(),
  },
  { requiredKeys: ['kind'] },
) as fc.Arbitrary<Layer>;
/** Layers that differ in little, so that many are alike. */
const similar = fc.record(
  {
    kind: fc.constant('sns'),
    id: fc.constantFrom('a', 'b'),
    time: fc.constantFrom('a', 1, 2),
    error: fc.record(
      { class: fc.constant('A'), message: fc.constantFrom('x', 'y'), pointer: fc.constant('/p') },
      { requiredKeys: ['class'] },
    ),
    other: fc.constantFrom(1, 2),
  },
  { requiredKeys: ['kind', 'error'] },
) as fc.Arbitrary<Layer>;
/** Events outside of envelopes among them. */
const events = fc.oneof(
  fc.array(fc.array(layer, { maxLength: 3 }), { maxLength: 40 }),
  fc.array(fc.array(similar, { maxLength: 2 }), { maxLength: 40 }),
);

test('layers come out of a batch as they went in, also from a packer that has packed before', () => {
  const packer = new LayerPacker();
  fc.assert(
    fc.property(events, (chains) => {
      for (const [index, layers] of chains.entries()) if (layers.length > 0) packer.add(index, layers);
      const packed = structuredClone(packer.finish(chains.length));
      for (const [index, layers] of chains.entries()) {
        const asJson = layers.length > 0 ? JSON.parse(JSON.stringify(layers)) : undefined;
        expect(unpackLayers(packed, index)).toEqual(asJson);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('what many events share is packed once', () => {
  const packer = new LayerPacker();
  for (let n = 0; n < 5_000; n++) {
    const [kind, message] = n % 2 === 0 ? ['sqs', 'timed out'] : ['sns', 'refused'];
    packer.add(n, [{ kind, id: `${n}`, time: '2026-11-29T00:00:00.000Z', error: { message }, deliveries: 3 }]);
  }
  const packed = packer.finish(5_000);

  expect(packed.chains).toHaveLength(2);
  expect(unpackLayers(packed, 4_999)).toEqual([
    { kind: 'sns', id: '4999', time: '2026-11-29T00:00:00.000Z', error: { message: 'refused' }, deliveries: 3 },
  ]);
});
