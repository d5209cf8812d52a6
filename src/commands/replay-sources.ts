import { resolveSource } from '../config/resolve.js';
import { recordsAtRate } from '../flow/throttle.js';
import type { Catalog } from '../schema/catalog.js';
import type { SourceContext } from '../sources/context.js';
import { openSource } from '../sources/open.js';
import type { Source } from '../sources/source.js';
import type { Invocation } from './command.js';
import type { ReplayOptions } from './replay-options.js';
import { fetchesBodies } from './unwrap-option.js';

type Call = Invocation<ReplayOptions>;

/** The source that the arguments name. */
export async function openSources(call: Call, catalog: Catalog | undefined): Promise<Source> {
  const { args, config } = call;
  return openSource(
    args.map((word) => resolveSource(word, config).url),
    await sourceContext(call, catalog),
  );
}

/** What a source is told about the run that opens it. */
export async function sourceContext(
  { options, io }: Pick<Call, 'options' | 'io'>,
  catalog: Catalog | undefined,
): Promise<SourceContext> {
  const { cellTypes } = await import('../schema/cell-types.js');
  const { format, columns, delimiter, quote, brotli, batch, maxRate, dryRun } = options;
  const first = options.canary?.find((step) => step.kind === 'count')?.count;
  const batchRecords = batch ?? least(first, maxRate && recordsAtRate(maxRate));
  return {
    ...(format !== undefined && { format }),
    ...(columns !== undefined && { columns }),
    ...(delimiter !== undefined && { delimiter }),
    ...(quote !== undefined && { quote: quote ?? '' }),
    ...(batchRecords !== undefined && { batchRecords }),
    brotli,
    fetchesBodies: fetchesBodies(options.unwrap),
    dryRun,
    stateDir: options.stateDir,
    queue: options,
    env: io.env,
    cellTypes: catalog === undefined ? {} : cellTypes(catalog),
  };
}

/** The least of what is given. */
function least(...numbers: readonly (number | undefined)[]): number | undefined {
  const given = numbers.filter((number) => number !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}
