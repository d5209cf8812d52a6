import { expect, test } from 'vitest';
import { createCarrier } from '../../src/flow/carrier.js';
import { openLane } from '../../src/flow/lane.js';
import type { PreparedItem } from '../../src/flow/prepare/in-order.js';
import { createPreparer } from '../../src/flow/prepare/preparer.js';
import { createRelease } from '../../src/flow/prepare/release.js';
import type { Delivery, Sink, Verdict } from '../../src/sinks/sink.js';

test('the memory of a batch is given back once it is settled and every sink has let it go', async () => {
  const settled: number[] = [];
  const item = await prepared();
  await carry(item, [sinkThat('lets go'), sinkThat('lets go')], (text) => settled.push(text));

  expect(settled).toEqual([1]);
  expect(item.prepared.events.text).toHaveLength(0);
  expect(item.prepared.events.idHashes).toHaveLength(0);
});

test('a batch that one of its sinks still holds stays as it is', async () => {
  const item = await prepared();
  await carry(item, [sinkThat('lets go'), sinkThat('holds')], () => undefined);

  expect(Buffer.from(item.prepared.events.text).toString()).toBe(LINE);
});

test('a batch whose settlement fails stays as it is', async () => {
  const item = await prepared();
  const carried = carry(item, [sinkThat('lets go')], () => {
    throw new Error('the disk is full');
  });

  await expect(carried).rejects.toThrow('the disk is full');
  expect(Buffer.from(item.prepared.events.text).toString()).toBe(LINE);
});

const LINE = '{"id":"a","name":"n","time":"2019-07-01T00:00:00Z"}\n';

async function prepared(): Promise<PreparedItem> {
  const preparer = await createPreparer({
    decoder: { module: new URL('../../src/sources/dump/decode.js', import.meta.url).href, options: {} },
    fields: { id: { pointer: ['id'], text: '/id', why: 'flag' } },
    timezone: 'UTC',
    identical: 'merge',
    filter: { events: [] },
    encoders: [undefined, undefined],
  });
  const bytes = new Uint8Array(Buffer.from(LINE));
  const format = { kind: 'ndjson' } as const;
  const settle = async () => undefined;
  const raw = { kind: 'batch', part: 0, format, from: 0, to: bytes.length, storedBytes: bytes.length } as const;
  return {
    kind: 'prepared',
    raw: { ...raw, undecodable: [], settle },
    prepared: preparer.prepare({ format, bytes: bytes.slice() }),
  };
}

async function carry(item: PreparedItem, sinks: readonly Sink[], onSettle: (events: number) => void): Promise<void> {
  await using carrier = createCarrier({
    lanes: sinks.map((sink) => openLane(sink, new AbortController().signal)),
    settlement: {
      settle: async ({ item: { prepared: batch } }) => {
        onSettle(batch.events.text.length > 0 ? 1 : 0);
      },
      accounts: undefined as never, // not looked at
      finished: () => undefined,
      checkpoint: async () => undefined,
      [Symbol.asyncDispose]: async () => undefined,
    },
    recall: { correct: (_sink, _part, _events, verdicts) => verdicts },
    intents: undefined,
    done: [],
    release: createRelease(),
    onArrival: () => undefined,
  });
  await carrier.carry(item);
  await carrier.arrived();
}

function sinkThat(does: 'lets go' | 'holds'): Sink {
  return {
    label: does,
    name: does,
    onRepeat: 'ignored',
    limits: { maxEvents: 10, maxBytes: 1_000, concurrency: 1 },
    describe: () => ({ notes: [], warnings: [] }),
    async deliver({ events, onLetGo }: Delivery): Promise<readonly Verdict[]> {
      if (does === 'lets go') onLetGo?.();
      return new Array<Verdict>(events.count).fill({ kind: 'accepted' });
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
