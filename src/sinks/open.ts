import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import type { SinkContext } from './context.js';
import type { Sink } from './sink.js';

export type { SinkContext };

/** Opens one kind of sink. */
type Opener = (address: string, context: SinkContext) => Promise<Sink>;

const OPENERS: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  ['postgres', async (address, context) => (await import('./postgres/postgres.js')).openPostgres(address, context)],
  ['postgresql', async (address, context) => (await import('./postgres/postgres.js')).openPostgres(address, context)],
  [
    'datadog-logs',
    async (address, context) => (await import('./datadog-logs/datadog-logs.js')).openDatadogLogs(address, context),
  ],
  ['mixpanel', async (address, context) => (await import('./mixpanel/mixpanel.js')).openMixpanel(address, context)],
  ['pglite', async (address, context) => (await import('./postgres/pglite.js')).openPglite(address, context)],
  [
    'datadog-archive',
    async (address, context) =>
      (await import('./datadog-archive/datadog-archive.js')).openDatadogArchive(address, context),
  ],
  [
    'datadog-metrics',
    async (address, context) =>
      (await import('./datadog-metrics/datadog-metrics.js')).openDatadogMetrics(address, context),
  ],
  ['file', async (address) => (await import('./file/file.js')).openFile(address)],
]);

/** What a sink's address can begin with. */
export const sinkSchemes: readonly string[] = [...OPENERS.keys()];

/**
 * Opens the sink that an address names by its scheme.
 * @throws UsageError `unknown_sink`, and whatever the sink's own opening throws.
 */
export async function openSink(address: string, context: SinkContext): Promise<Sink> {
  const scheme = /^([a-z][a-z0-9+-]*)(?:[:?]|$)/i.exec(address)?.[1]?.toLowerCase() ?? '';
  const open = OPENERS.get(scheme);
  if (open !== undefined) return open(address, context);
  const meant = closest(scheme, sinkSchemes);
  throw new UsageError(`there is no sink "${scheme === '' ? address : `${scheme}:`}"`, {
    code: 'unknown_sink',
    hint:
      meant === undefined
        ? 'sinks: postgres://host/database?table=events, pglite:<folder>, mixpanel, datadog-logs, datadog-metrics, datadog-archive:<folder>, file:<path>'
        : `did you mean "${meant}:"?`,
  });
}
