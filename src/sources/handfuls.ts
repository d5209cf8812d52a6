import type { Handful, Source } from './source.js';

/** All of a source in handfuls; where it has none of its own, each item is one. */
export function handfulsOf(source: Source, signal: AbortSignal): AsyncIterable<Handful> {
  return source.handfuls?.(signal) ?? oneByOne(source, signal);
}

async function* oneByOne(source: Source, signal: AbortSignal): AsyncGenerator<Handful> {
  for await (const item of source.batches([], signal)) yield [item];
}
