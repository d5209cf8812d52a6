/** Takes tasks one at a time, and none behind a failure: what they write together must never tell different stories. */
export interface Turns {
  /** @throws what the task throws, or what an earlier one has failed with. */
  take(task: () => Promise<void>): Promise<void>;
  /** Notes a failure from elsewhere. */
  fail(error: unknown): void;
  /** Resolves once the tasks that were taken by now are over, however they ended. */
  over(): Promise<void>;
}

export function createTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown) => {
    failure ??= { error };
  };
  return {
    take(task) {
      const turn = last.then(() => {
        if (failure !== undefined) throw failure.error;
        return task();
      });
      last = turn.catch(fail);
      return turn;
    },
    fail,
    over: () => last,
  };
}
