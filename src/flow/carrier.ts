import type { Delivery, Verdict } from '../sinks/sink.js';
import type { DoneStretch } from '../sources/source.js';
import type { Lane } from './lane.js';
import { createLineNumbers } from './line-numbers.js';
import { createEncodeAgain } from './prepare/encode-again.js';
import type { PreparedItem } from './prepare/in-order.js';
import type { PreparedBatch } from './prepare/spec.js';
import type { Recall } from './recall.js';
import type { Settlement } from './settlement.js';
import { type IntentLog, intentOf } from './state/intents.js';

/** Carries prepared batches through the lanes to their settlement, several at once. */
export interface Carrier extends AsyncDisposable {
  /** Bytes of the source, as stored, in front of the last batch that was handed over. */
  readonly storedBytes: number;
  /** Resolves as soon as there is room for the next batch. */
  carry(item: PreparedItem): Promise<void>;
  /** Resolves when every batch that was handed over has been settled. */
  arrived(): Promise<void>;
}

interface Way {
  readonly lanes: readonly Lane[];
  readonly settlement: Settlement;
  readonly recall: Recall;
  /** Where deliveries are noted for the invocation that goes on after a crash; absent where none ever does. */
  readonly intents: IntentLog | undefined;
  /** What earlier invocations have settled: its lines count in front of those read now. */
  readonly done: readonly DoneStretch[];
  /** Takes back the memory of a batch that has been settled and that no sink holds any more. */
  readonly release: ((batch: PreparedBatch) => void) | undefined;
  /** Called whenever a batch has come to rest, or failed to: a source that waits for messages may have to be woken. */
  readonly onArrival: (error: unknown) => void;
}

/** So many batches more than the sinks take at once may wait for their settlement. */
const MOST_SETTLING = 16;

/** Opens the way for the batches of one invocation, which must be handed over in the order of the source. */
export function createCarrier(way: Way): Carrier {
  const room = Math.max(...way.lanes.map(({ sink }) => sink.limits.concurrency));
  const underWay = new Set<Promise<void>>();
  const delivering = new Set<Promise<unknown>>();
  const numberLines = createLineNumbers(way.done);
  const stored = new Map<number, number>();
  let failure: { readonly error: unknown } | undefined;
  const encodeAgain = way.lanes.map(({ sink }) => createEncodeAgain(sink.encoder));

  const deliverToAll = (item: PreparedItem, holders: Set<Lane>) =>
    Promise.all(
      way.lanes.map(async (lane, at) => {
        const onLetGo = () => holders.delete(lane);
        const again = encodeAgain[at];
        const encode = again && { encode: again.bind(undefined, item.prepared.events) };
        return [lane.sink.label, await deliver(way, lane, { item, at, more: { onLetGo, ...encode } })] as const;
      }),
    );
  const go = async (item: PreparedItem, firstLine: number) => {
    const holders = new Set(way.lanes);
    const answers = deliverToAll(item, holders);
    const leave = () => delivering.delete(answers);
    delivering.add(answers);
    answers.then(leave, leave);
    await way.settlement.settle({ item, firstLine, verdicts: new Map(await answers) });
    if (holders.size === 0) way.release?.(item.prepared);
  };
  /** What is being settled does not keep the sinks waiting. */
  const roomForOne = async () => {
    while (underWay.size >= room + MOST_SETTLING) await Promise.race(underWay);
    while (delivering.size >= room) await Promise.race(delivering).catch(() => undefined);
  };
  const rethrow = () => {
    if (failure !== undefined) throw failure.error;
  };

  return {
    get storedBytes() {
      return [...stored.values()].reduce((sum, bytes) => sum + bytes, 0);
    },
    async carry(item) {
      rethrow();
      stored.set(item.raw.part, item.raw.storedBytes);
      const firstLine = numberLines(item);
      const journey = go(item, firstLine)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => {
          underWay.delete(journey);
          way.onArrival(failure?.error);
        });
      underWay.add(journey);
      await roomForOne();
      rethrow();
    },
    async arrived() {
      await Promise.all(underWay);
      rethrow();
    },
    // What is under way writes to logs that are closed afterwards.
    async [Symbol.asyncDispose]() {
      await Promise.all(underWay);
    },
  };
}

async function deliver(
  { recall, intents }: Way,
  lane: Lane,
  {
    item,
    at,
    more,
  }: { readonly item: PreparedItem; readonly at: number; readonly more: Pick<Delivery, 'onLetGo' | 'encode'> },
): Promise<readonly Verdict[] | undefined> {
  const { raw, prepared } = item;
  const { label: sink } = lane.sink;
  const { events } = prepared;
  const correct = (verdicts: readonly Verdict[]) => recall.correct(sink, raw.part, events, verdicts);
  const delivery: Delivery = {
    events,
    part: raw.part,
    encoded: prepared.encoded[at]?.data,
    refused: prepared.refused[at] ?? [],
    isOfKeys: prepared.byKeys?.[at] === true,
    ...more,
    onCommitting: (token, verdicts) =>
      intents?.note(intentOf({ sink, token, part: raw.part, from: raw.from, to: raw.to }, events, verdicts)),
  };
  const verdicts = await lane.deliver(delivery);
  return verdicts && correct(verdicts);
}
