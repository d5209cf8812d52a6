import { type EventBatch, idOf } from '../../event/batch.js';

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

interface Traveller {
  readonly left: Promise<void>;
}

/** Nobody is under way yet. */
export function createUnderWay(): UnderWay {
  // A hash stands for an id: two ids with the same one only wait for each other.
  const holders = new Map<number, Traveller>();
  return {
    enter(events, wanted) {
      let leave: () => void = () => undefined;
      const self: Traveller = {
        left: new Promise((resolve) => {
          leave = resolve;
        }),
      };
      const before = new Set<Traveller>();
      const firsts = new Map<string, number>();
      const repeats = new Map<number, number>();
      const own = new Map<number, number>();
      for (let i = 0; i < events.count; i++) {
        if (wanted[i] !== 1) continue;
        const hash = hashAt(events, i);
        const holder = holders.get(hash);
        if (holder === self) {
          noteRepeat(events, i, { first: own.get(hash) ?? i, firsts, repeats });
          continue;
        }
        if (holder !== undefined) before.add(holder);
        holders.set(hash, self);
        own.set(hash, i);
      }
      return {
        clear: Promise.all([...before].map(({ left }) => left)),
        repeats,
        leave() {
          for (const hash of own.keys()) if (holders.get(hash) === self) holders.delete(hash);
          leave();
        },
      };
    },
  };
}

interface Seen {
  readonly first: number;
  readonly firsts: Map<string, number>;
  readonly repeats: Map<number, number>;
}

/** Ids that share a hash are told apart by their text. */
function noteRepeat(events: EventBatch, index: number, { first, firsts, repeats }: Seen): void {
  const id = idOf(events, index);
  if (!firsts.has(idOf(events, first))) firsts.set(idOf(events, first), first);
  const known = firsts.get(id);
  if (known === undefined) firsts.set(id, index);
  else if (known !== index) repeats.set(index, known);
}

/** 53 bits of the id's hash: as many as a number holds. */
export function hashAt({ idHashes }: EventBatch, index: number): number {
  return (idHashes[2 * index] ?? 0) + ((idHashes[2 * index + 1] ?? 0) & 0x1f_ffff) * 2 ** 32;
}
