import { createHash } from 'node:crypto';
import type { LoadedRepair } from '../flow/repair/load.js';
import type { RunIdentity } from '../flow/state/resume.js';
import type { Catalog } from '../schema/catalog.js';
import type { Source } from '../sources/source.js';
import type { Invocation } from './command.js';
import type { ReplayOptions } from './replay-options.js';
import type { SinkAddress } from './replay-sinks.js';

type Call = Invocation<ReplayOptions>;

/** Tells runs over the same events from others; what cannot be recognised (standard input, a queue) has none. */
export function selectionOf({ options }: Pick<Call, 'options'>, { label, parts, settles }: Source): string | undefined {
  if (settles === 'messages' || parts.some(({ bytes }) => bytes === undefined)) return undefined;
  const { since, until, event, where, limit, split } = options;
  return createHash('sha256')
    .update(JSON.stringify([label, since, until, event, where, limit, split]))
    .digest('hex')
    .slice(0, 16);
}

interface IdentityParts {
  readonly source: Source;
  readonly repair: LoadedRepair | undefined;
  readonly addresses: readonly SinkAddress[];
  readonly catalog: Catalog | undefined;
}

/** What tells a run from others, and what must stay the same until it is finished. */
export function identityOf(
  { options, opening }: Call & { readonly opening: Pick<RunIdentity, 'command' | 'conditions'> },
  { source, addresses, catalog, repair }: IdentityParts,
): RunIdentity {
  const { id, name, time, user, timezone, identical, since, until, event, where, unknownEvent, split, limit } = options;
  const text = (value: unknown) => JSON.stringify(value) ?? '';
  return {
    stateDir: options.stateDir,
    command: opening.command,
    source,
    sinks: addresses.map(({ label }) => label),
    conditions: {
      ...opening.conditions,
      'the schema': catalog?.fingerprint ?? '',
      'the repairs (--repair)': repair?.fingerprint ?? '',
      '--unknown-event': unknownEvent,
      'a field (--id, --name, --time, --user)': text([id, name, time, user]),
      '--timezone': timezone,
      '--identical': identical,
      '--limit': text(limit),
      '--unwrap': text(options.unwrap),
      'the filter (--since, --until, --event, --where)': text([since, until, event, where]),
      'the format (--format, --columns, --delimiter, --quote, --split)': text([
        options.format,
        options.columns,
        options.delimiter,
        options.quote,
        split,
      ]),
    },
  };
}
