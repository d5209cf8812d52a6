/** Keeps what was opened for one piece of work, for the next one that needs the same. */
export interface Kept<T extends AsyncDisposable> extends AsyncDisposable {
  /** What was kept under this key, or a new one. It is closed at the end of the block unless it is kept. */
  take(key: string, open: () => Promise<T>): Promise<Taken<T>>;
  /** Closes all that is kept: who has nothing to do holds nothing. */
  rest(): Promise<void>;
}

interface Taken<T> extends AsyncDisposable {
  readonly it: T;
  /** Says that it is worth keeping: nothing in it has failed. */
  keep(): void;
}

/** Nothing is kept yet. @param isUsable whether what was kept still is what it was; by default it is. */
export function createKept<T extends AsyncDisposable>(
  isUsable: (it: T) => Promise<boolean> = async () => true,
): Kept<T> {
  let kept: { readonly key: string; readonly it: T }[] = [];
  const close = async (unwanted: readonly { readonly it: T }[]) => {
    for (const { it } of unwanted) await it[Symbol.asyncDispose]();
  };
  const rest = async () => {
    const all = kept;
    kept = [];
    await close(all);
  };
  const takeKept = async (key: string): Promise<T | undefined> => {
    const others = kept.filter((each) => each.key !== key);
    kept = kept.filter((each) => each.key === key);
    await close(others);
    for (let found = kept.pop(); found !== undefined; found = kept.pop()) {
      if (await isUsable(found.it)) return found.it;
      await close([found]);
    }
    return undefined;
  };
  return {
    async take(key, open) {
      const it = (await takeKept(key)) ?? (await open());
      let isKept = false;
      return {
        it,
        keep() {
          isKept = true;
        },
        async [Symbol.asyncDispose]() {
          if (isKept) kept.push({ key, it });
          else await it[Symbol.asyncDispose]();
        },
      };
    },
    rest,
    [Symbol.asyncDispose]: rest,
  };
}
