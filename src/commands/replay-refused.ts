import { UsageError } from '../errors.js';
import type { Sink } from '../sinks/sink.js';
import type { Source } from '../sources/source.js';
import type { ReplayCommandOptions } from './replay.js';

/** Flags that mean nothing once workers do the work, and what to do instead. */
const REFUSED: readonly (readonly [name: keyof ReplayCommandOptions, flag: string, instead: string])[] = [
  ['maxRate', '--max-rate', 'give it to respool worker instead: it holds for each slice in work'],
  ['limit', '--limit', 'try a few events without --queue first'],
  ['canary', '--canary', 'go in steps without --queue first'],
  ['maxRejected', '--max-rejected', 'see what would be refused with --dry-run first'],
];

/**
 * Refuses what cannot be shared out, before anything is opened.
 * @throws UsageError with the reason and what to do instead.
 */
export function refuseForWorkers(options: ReplayCommandOptions): void {
  for (const [name, flag, instead] of REFUSED) {
    if (options[name] === undefined) continue;
    throw new UsageError(`${flag} cannot be kept with --queue: each worker sees its own slices only`, {
      code: 'not_for_workers',
      hint: instead,
    });
  }
  if (options.identical === 'keep') {
    throw new UsageError('--identical keep cannot be kept with --queue: who numbers events has to see them all', {
      code: 'not_for_workers',
      hint: 'give the events ids, or replay without --queue',
    });
  }
  if (options.to.length > 0) return;
  throw new UsageError('with --queue the events need a sink that all workers can reach', {
    code: 'not_for_workers',
    hint: 'name one: --to "postgres://user@host:5432/database?table=events"',
  });
}

/** @throws UsageError when the source can be read by one process only. */
export function refuseSource({ label, slices }: Source): void {
  if (slices !== undefined) return;
  throw new UsageError(`${label} cannot be shared out: only one process can read it`, {
    code: 'not_shareable',
    hint: 'replay it without --queue, or write it to files or S3 first: workers share dumps',
  });
}

/** @throws UsageError when a sink can be written to by one process only. */
export function refuseSinks(sinks: readonly Sink[]): void {
  for (const { label, alone, finish } of sinks) {
    const why = alone ?? (finish && 'it is sent totals of all events, which one process has to see');
    if (why === undefined) continue;
    throw new UsageError(`${label} cannot be shared by workers: ${why}`, {
      code: 'not_shareable',
      hint: 'replay into it without --queue, or name a sink that all can reach',
    });
  }
}
