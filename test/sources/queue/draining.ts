import type { QueueOptions } from '../../../src/sources/context.js';
import { openSource } from '../../../src/sources/open.js';
import type { Source, SourceTally } from '../../../src/sources/source.js';
import { letterText } from '../../support/letter-text.js';

export const OPTIONS: QueueOptions = {
  follow: false,
  keep: false,
  ackRejected: false,
  liveQueue: false,
  snapshot: undefined,
};

interface Named {
  readonly address: string;
  readonly env: Readonly<Record<string, string>>;
}

export function openQueueOf({ address, env }: Named, options: Partial<QueueOptions> = {}): Promise<Source> {
  return openSource([address], { env, queue: { ...OPTIONS, ...options } });
}

interface Drained {
  readonly letters: readonly Record<string, unknown>[];
  readonly tally: SourceTally | undefined;
}

/** Reads a queue to its end and settles everything alike. */
export async function drain(
  queue: Named,
  outcome: 'take' | 'quarantine',
  options: Partial<QueueOptions> = {},
): Promise<Drained> {
  const letters: Record<string, unknown>[] = [];
  await using source = await openQueueOf(queue, options);
  for await (const batch of source.batches([], new AbortController().signal)) {
    if (batch.kind === 'failure') throw batch.error;
    const texts = letterText(batch).trimEnd().split('\n');
    letters.push(...texts.map((text) => JSON.parse(text)));
    const lines = texts.map((_, line) => line);
    await batch.settle(
      outcome === 'take' ? { takenLines: lines, quarantinedLines: [] } : { takenLines: [], quarantinedLines: lines },
    );
  }
  return { letters, tally: source.tally?.() };
}
