import { parsePointer } from '../../event/pointer.js';
import type { SinkContext } from '../context.js';
import { readDatadogAccess } from '../datadog/access.js';
import { normalTag } from '../datadog-logs/encode/tags.js';
import { within } from '../http/backoff.js';
import { openHttpClient } from '../http/client.js';
import { originOf, parseHttpOptions, secondsOption, wordOption } from '../http/options.js';
import { createSender } from '../http/sender.js';
import type { Sink } from '../sink.js';
import { createMetricsSink } from './metrics-sink.js';
import { parseRules } from './rules.js';

const NAMES = ['site', 'api-key', 'app-key', 'host', 'tags', 'complete'];
const MOST_AT_ONCE = 4;
/** As Datadog's Agent waits for metrics (https://docs.datadoghq.com/agent/guide/agent-retry/). */
const BACKOFF = { firstMs: 2_000, longestMs: 64_000, jitter: 'half' } as const;
const RETRY_FOR_MS = 300_000;

/**
 * Opens the sink `datadog-metrics:?rule.<name>.…`: counts, gauges and distributions out of events.
 * @throws UsageError for options that cannot be meant and missing credentials.
 */
export async function openDatadogMetrics(address: string, context: SinkContext): Promise<Sink> {
  const options = parseHttpOptions(address, { sink: 'datadog-metrics', names: NAMES, prefixes: ['rule'] });
  const rules = parseRules(options);
  const access = readDatadogAccess(options, context.env);
  const origin = originOf(options, `https://api.${access.site}`);
  const label = `datadog-metrics:${new URL(origin).host}`;
  const retryForMs = secondsOption(options, 'retry-for') ?? context.retryForMs ?? RETRY_FOR_MS;
  const client = await openHttpClient({
    origin,
    connections: MOST_AT_ONCE,
    ca: options.get('ca'),
    timeoutMs: secondsOption(options, 'timeout'),
    env: context.env,
  });
  const speech = {
    ...{ label, client, retryForMs, mostAtOnce: MOST_AT_ONCE, onWait: context.onWait },
    backoff: within(BACKOFF, retryForMs),
    refusedHint: `check the API key, and the site (this is ${access.site})`,
  };
  const host = options.get('host');
  return createMetricsSink({
    label,
    apiKey: access.apiKey,
    series: createSender({ ...speech, resendsLost: true }),
    points: createSender({ ...speech, resendsLost: false }),
    measuring: {
      rules,
      tags: tagsOf(options.get('tags') ?? context.env.DD_TAGS, context.env),
      host: host?.startsWith('/') ? { pointer: parsePointer(host) } : host === undefined ? undefined : { text: host },
      now: context.now ?? Date.now,
    },
    isComplete: wordOption(options, 'complete', ['true', 'false']) === 'true',
    selection: context.selection,
    scratch: context.scratch ?? '',
    close: async () => client[Symbol.asyncDispose](),
  });
}

function tagsOf(text: string | undefined, env: SinkContext['env']): readonly string[] {
  const usual = [env.DD_ENV && `env:${env.DD_ENV}`, env.DD_VERSION && `version:${env.DD_VERSION}`];
  const words = [...usual, ...(text ?? '').split(/[,\s]+/u)].filter((word): word is string => Boolean(word));
  return [...new Set(words.map(normalTag))].sort();
}
