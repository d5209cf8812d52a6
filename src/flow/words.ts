/** Tells the source what became of a batch. */
export type Word = () => Promise<void>;

/** Words to the source, which are said only once what they speak of is durable. */
export interface Words {
  keep(words: readonly Word[]): void;
  /** Says all that are kept. It takes its time, and the next batch does not wait for it. */
  say(): void;
  /** Resolves once the source has heard everything that has been said by now. @throws what it could not hear. */
  heard(): Promise<void>;
  /** Resolves once nothing is being said any more, however it ended. */
  over(): Promise<void>;
}

/** @param fail hears of a word that could not be said. */
export function createWords(fail: (error: unknown) => void): Words {
  const kept: Word[] = [];
  const saying = new Set<Promise<void>>();
  return {
    keep(words) {
      kept.push(...words);
    },
    say() {
      for (const word of kept.splice(0)) {
        const said = word();
        const leave = () => saying.delete(said);
        saying.add(said);
        said.then(leave, (error: unknown) => {
          fail(error);
          leave();
        });
      }
    },
    async heard() {
      await Promise.all(saying);
    },
    async over() {
      await Promise.allSettled(saying);
    },
  };
}
