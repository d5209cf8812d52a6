import { type EventBatch, idOf } from '../../event/batch.js';
import { createIdTable } from './id-table.js';

/** Deliveries that are on their way to one sink, so that no id is sent by two of them at once. */
export interface UnderWay {
  /** Enters a delivery. It must leave again. */
  enter(events: EventBatch, wanted: Uint8Array): Passage;
}

interface Passage {
  /** Resolves once every delivery that was entered before and holds one of the ids has left. */
  readonly clear: Promise<unknown>;
  /** Index of a repeated id's first occurrence in the same delivery, by the index of the repetition. */
  readonly repeats: ReadonlyMap<number, number>;
  leave(): void;
}

/** Nobody is under way yet. */
export function createUnderWay(): UnderWay {
  // A hash stands for an id: two ids with the same one only wait for each other.
  const holders = createIdTable();
  const travellers = new Map<number, Promise<void>>();
  let entered = 0;
  return {
    enter(events, wanted) {
      const self = entered++;
      const before = new Set<number>();
      const repeated: number[] = [];
      for (let i = 0; i < events.count; i++) {
        if (wanted[i] !== 1) continue;
        const [low = 0, high = 0] = [events.idHashes[2 * i], events.idHashes[2 * i + 1]];
        const holder = holders.get(low, high);
        if (holder === self) {
          repeated.push(i);
          continue;
        }
        if (holder !== undefined) before.add(holder);
        holders.set(low, high, self);
      }
      let arrive: () => void = () => undefined;
      const repeats = repeated.length === 0 ? NO_REPEATS : repeatsAmong(events, wanted, repeated);
      const clear = Promise.all([...before].map((holder) => travellers.get(holder)));
      travellers.set(self, new Promise((resolve) => (arrive = resolve)));
      return {
        clear,
        repeats,
        leave() {
          for (let i = 0; i < events.count; i++) {
            const [low = 0, high = 0] = [events.idHashes[2 * i], events.idHashes[2 * i + 1]];
            if (holders.get(low, high) === self) holders.delete(low, high);
          }
          travellers.delete(self);
          arrive();
        },
      };
    },
  };
}

const NO_REPEATS: ReadonlyMap<number, number> = new Map();

/** Of the events whose hash has come before in the delivery, those whose id has, too. */
function repeatsAmong(
  events: EventBatch,
  wanted: Uint8Array,
  repeated: readonly number[],
): ReadonlyMap<number, number> {
  const ids = new Set(repeated.map((index) => idOf(events, index)));
  const firsts = new Map<string, number>();
  const repeats = new Map<number, number>();
  for (let i = 0; i < events.count; i++) {
    if (wanted[i] !== 1) continue;
    const id = idOf(events, i);
    if (!ids.has(id)) continue;
    const first = firsts.get(id);
    if (first === undefined) firsts.set(id, i);
    else repeats.set(i, first);
  }
  return repeats;
}
