import type { PreparePool } from '../flow/prepare/pool.js';

/** Keeps the threads that prepared the last slice: for the next one they are warm. */
export interface KeptPool extends AsyncDisposable {
  /** The pool that was kept under this key, or a new one. It is closed at the end of the block unless it is kept. */
  take(key: string, open: () => Promise<PreparePool>): Promise<TakenPool>;
}

interface TakenPool extends AsyncDisposable {
  readonly pool: PreparePool;
  /** Says that it is worth keeping: nothing in it has failed. */
  keep(): void;
}

/** Nothing is kept yet. */
export function createKeptPool(): KeptPool {
  let kept: { readonly key: string; readonly pool: PreparePool } | undefined;
  const close = async () => {
    const { pool } = kept ?? {};
    kept = undefined;
    await pool?.[Symbol.asyncDispose]();
  };
  return {
    async take(key, open) {
      const pool = kept?.key === key ? kept.pool : undefined;
      if (pool === undefined) await close();
      kept = undefined;
      const taken = pool ?? (await open());
      let isKept = false;
      return {
        pool: taken,
        keep() {
          isKept = true;
        },
        async [Symbol.asyncDispose]() {
          if (isKept && kept === undefined) kept = { key, pool: taken };
          else await taken[Symbol.asyncDispose]();
        },
      };
    },
    [Symbol.asyncDispose]: close,
  };
}
