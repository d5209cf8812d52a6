import type { Fields } from '../event/fields.js';
import type { PrepareSpec } from '../flow/prepare/spec.js';
import type { LoadedRepair } from '../flow/repair/load.js';
import type { Catalog } from '../schema/catalog.js';
import type { Sink } from '../sinks/sink.js';
import type { Source } from '../sources/source.js';
import type { Invocation } from './command.js';
import type { ReplayOptions } from './replay-options.js';
import { unwrapperFor } from './unwrap-option.js';

interface SpecParts {
  readonly source: Source;
  readonly repair: LoadedRepair | undefined;
  readonly catalog: Catalog | undefined;
  readonly split: readonly string[] | undefined;
  readonly fields: Fields;
  readonly sinks: readonly Sink[];
}

/** How the events of a replay are prepared for its sinks. */
export function specOf(
  { options }: Invocation<ReplayOptions>,
  { source, fields, catalog, repair, split, sinks }: SpecParts,
): PrepareSpec {
  const { since, until, event, where, timezone, identical, unknownEvent } = options;
  return {
    decoder: source.decoder,
    ...unwrapperFor(options.unwrap),
    fields,
    timezone,
    identical,
    ...(split !== undefined && { split }),
    filter: {
      events: event,
      ...(since !== undefined && { sinceUs: since }),
      ...(until !== undefined && { untilUs: until }),
      ...(where !== undefined && { where }),
    },
    ...(repair !== undefined && { repair: repair.spec }),
    ...(options.maxAttempts !== undefined && { maxAttempts: options.maxAttempts }),
    ...(catalog !== undefined && { schema: { catalog, unknownEvent } }),
    encoders: sinks.map(({ encoder }) => encoder),
    settlesLines: source.settles === 'messages',
  };
}
