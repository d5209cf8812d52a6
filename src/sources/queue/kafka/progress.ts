/** How far a group may commit: only what lies in front of the first message that is not done can be passed. */
export interface Progress {
  /** A message that was received: it, and all behind it, cannot be passed until it is done. */
  received(partition: number, offset: string): void;
  done(partition: number, offset: string): void;
  /** For each partition, the offset that may be committed, where that is further than the last time it was asked for. */
  take(): { readonly partition: number; readonly offset: string }[];
  /** What could not be committed is asked for again. */
  putBack(commits: readonly { readonly partition: number }[]): void;
  /** Messages that are done and cannot be passed, because one in front of them is not. */
  readonly blocked: number;
}

interface Partition {
  /** Offsets that were received, in their order, from the first that is not done. */
  readonly queue: string[];
  readonly done: Set<string>;
  /** The offset behind the last one that is done without a gap. */
  next: string | undefined;
  taken: string | undefined;
}

/** Keeps what has been received and what is done, partition by partition. */
export function createProgress(): Progress {
  const partitions = new Map<number, Partition>();
  const of = (number: number) => {
    const known = partitions.get(number) ?? { queue: [], done: new Set(), next: undefined, taken: undefined };
    partitions.set(number, known);
    return known;
  };
  return {
    received(number, offset) {
      const { queue, next } = of(number);
      const last = queue.at(-1);
      // Read again after the partition changed hands: it has its place already, or is passed.
      const isKnown = last === undefined ? isBefore(offset, next) : !isBefore(last, offset);
      if (!isKnown) queue.push(offset);
    },
    done(number, offset) {
      const partition = of(number);
      if (partition.queue.length === 0 || isBefore(offset, partition.queue[0])) return;
      partition.done.add(offset);
      let count = 0;
      for (const first of partition.queue) {
        if (!partition.done.delete(first)) break;
        partition.next = String(BigInt(first) + 1n);
        count++;
      }
      partition.queue.splice(0, count);
    },
    take: () =>
      [...partitions].flatMap(([partition, state]) => {
        if (state.next === undefined || state.next === state.taken) return [];
        state.taken = state.next;
        return [{ partition, offset: state.next }];
      }),
    putBack(commits) {
      for (const { partition } of commits) of(partition).taken = undefined;
    },
    get blocked() {
      return [...partitions.values()].reduce((sum, { done }) => sum + done.size, 0);
    },
  };
}

function isBefore(a: string, b: string | undefined): boolean {
  return b !== undefined && BigInt(a) < BigInt(b);
}
