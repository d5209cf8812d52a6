import { resolve } from 'node:path';
import type { Config } from '../config/config.js';
import { redact } from '../config/redact.js';
import { resolveSink } from '../config/resolve.js';
import { UsageError } from '../errors.js';
import { sinkSchemes } from '../sinks/open.js';
import type { Invocation } from './command.js';
import type { ReplayCommandOptions } from './replay.js';
import type { OpenReplay } from './replay-open.js';
import type { ReplayOptions } from './replay-options.js';

/** What a worker is told about a replay, beside its record: plain data without secrets. */
export interface OrderedReplay {
  readonly options: OrderedOptions;
  readonly sinks: readonly OrderedSink[];
  /** Top-level members of the first events. */
  readonly members: readonly string[] | undefined;
  /** The ledger that was named, without secrets; absent when it lies in the database of the queue. */
  readonly ledger?: OrderedPlace;
}

/** Options that say how events are read, prepared and delivered; paths are absolute. */
type OrderedOptions = Omit<ReplayOptions, (typeof OWN)[number]>;

interface OrderedPlace {
  /** Without secrets: a configured name, or the address. */
  readonly label: string;
  /** By which a worker finds it; absent when it needs a secret that only the worker can have. */
  readonly word?: string;
}

interface OrderedSink extends OrderedPlace {
  /** What the opened sink calls itself. */
  readonly opened: string;
}

/** What each process has of its own. */
const OWN = [
  ...(['to', 'ledger', 'stateDir', 'config', 'output', 'quiet', 'verbose', 'noColor', 'yes', 'fresh'] as const),
  ...(['quarantine', 'maxRate', 'minEvents', 'dryRun', 'maxRejected', 'canary', 'limit'] as const),
] as const;

/** The order that a command gives to workers. */
export function orderOf(
  { options, config, io }: Invocation<ReplayCommandOptions>,
  { sinks, members }: OpenReplay,
): OrderedReplay {
  const { queue, detach, slice, ...rest } = options;
  const own: readonly string[] = OWN;
  const kept: object = Object.fromEntries(Object.entries(rest).filter(([name]) => !own.includes(name)));
  const absolute = (path: string | undefined) => path && resolve(io.cwd, path);
  const schemaMap = options.schemaMap.map(({ uri, path }) => ({ uri, path: resolve(io.cwd, path) }));
  const paths = { schema: absolute(options.schema), repair: absolute(options.repair), schemaMap };
  return {
    options: { ...kept, ...paths } as unknown as OrderedOptions, // all but its own
    sinks: options.to.map((word, at) => {
      const { url, name } = resolveSink(word, config, sinkSchemes);
      return { ...placeOf(url, name, config), opened: sinks[at]?.label ?? '' };
    }),
    members: members && [...members],
    ...(options.ledger !== undefined && { ledger: placeOf(options.ledger, undefined, config) }),
  };
}

function placeOf(url: string, name: string | undefined, config: Config): OrderedPlace {
  const label = name ?? redact(url, config.secrets);
  const isPlain = name !== undefined || label === url;
  return isPlain ? { label, word: label } : { label };
}

/**
 * The word by which this worker finds a place of an order: one of its own that means the same, or the order's.
 * @param own words of this worker; none means that it may go wherever it can.
 * @throws UsageError `worker_lacks_place` when it has none.
 */
export function wordFor(
  { label, word }: OrderedPlace,
  { own, config, flag }: { readonly own: readonly string[]; readonly config: Config; readonly flag: string },
): string {
  const found = own.find((each) => {
    const { url, name } = resolveSink(each, config, sinkSchemes);
    return (name ?? redact(url, config.secrets)) === label;
  });
  if (found !== undefined) return found;
  if (own.length === 0 && word !== undefined) return word;
  throw new UsageError(`the run goes to ${label}, and this worker has no ${flag} for it`, {
    code: 'worker_lacks_place',
    hint: `give the worker ${flag} with the same address, or the same name in its configuration`,
  });
}
