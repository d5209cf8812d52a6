/** Something that goes wrong with one request. */
export type Fault =
  /** Answered at once, nothing is done. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  /** The connection is cut before the request is looked at. */
  | { readonly kind: 'reset' }
  /** Everything is done, then the connection is cut instead of answering. */
  | { readonly kind: 'answer-lost' }
  /** Everything is done, and half of the answer's body is sent before the connection is cut. */
  | { readonly kind: 'answer-cut' }
  /** Everything is done, and the answer comes late. */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Everything is done, and no answer ever comes. */
  | { readonly kind: 'silent' };

/** Decides for each request, in the order of arrival, whether something goes wrong. */
export type Faults = () => Fault | undefined;

/** These faults one after another, then none; undefined stands for a request that goes well. */
export function scripted(...faults: readonly (Fault | undefined)[]): Faults {
  const left = [...faults];
  return () => left.shift();
}

/** The same fault for ever. */
export function always(fault: Fault): Faults {
  return () => fault;
}

/**
 * Faults of these kinds by chance, the same for the same seed.
 * @param share of requests that go wrong, 0 to 1.
 */
export function seeded(seed: number, share: number, kinds: readonly Fault[]): Faults {
  const random = randomOf(seed);
  return () => (random() < share ? kinds[Math.floor(random() * kinds.length)] : undefined);
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
