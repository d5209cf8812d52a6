import { parsePointer } from '../../event/pointer.js';
import type { SinkContext } from '../context.js';
import { readDatadogAccess } from '../datadog/access.js';
import { within } from '../http/backoff.js';
import { openHttpClient } from '../http/client.js';
import {
  badOption,
  type HttpSinkOptions,
  originOf,
  parseHttpOptions,
  secondsOption,
  wordOption,
} from '../http/options.js';
import { createSender, type SenderOptions } from '../http/sender.js';
import { createServiceClock } from '../http/service-clock.js';
import type { Sink } from '../sink.js';
import { createDatadogLogsSink } from './datadog-logs-sink.js';
import type { DatadogLogsEncoderOptions, Origin } from './encode/options.js';
import { normalTag } from './encode/tags.js';
import { createLogSearch } from './find.js';

const NAMES = [
  ...['site', 'api-key', 'app-key', 'service', 'source', 'status', 'host', 'message', 'tags', 'attributes', 'oversize'],
];

const MOST_AT_ONCE = 10;
/** As Datadog's Agent waits (https://docs.datadoghq.com/agent/guide/agent-retry/). */
const BACKOFF = { firstMs: 1_000, longestMs: 120_000, jitter: 'half' } as const;
const RETRY_FOR_MS = 300_000;
const MOST_TAGS = 100;

/**
 * Opens the sink `datadog-logs:?service=web&…`: events go to Datadog's logs intake v2.
 * @throws UsageError for options that cannot be meant and missing credentials.
 */
export async function openDatadogLogs(address: string, context: SinkContext): Promise<Sink> {
  const options = parseHttpOptions(address, { sink: 'datadog-logs', names: NAMES, prefixes: ['tag', 'attribute'] });
  const access = readDatadogAccess(options, context.env);
  const encoder = encoderOptions(options, context);
  const origin = originOf(options, `https://http-intake.logs.${access.site}`);
  const label = `datadog-logs:${new URL(origin).host}`;
  const retryForMs = secondsOption(options, 'retry-for') ?? context.retryForMs ?? RETRY_FOR_MS;
  const reach = { ca: options.get('ca'), timeoutMs: secondsOption(options, 'timeout'), env: context.env };
  const speech: Omit<SenderOptions, 'client' | 'mostAtOnce' | 'resendsLost'> = {
    label,
    backoff: within(BACKOFF, retryForMs),
    retryForMs,
    oddity: ({ body }) => (/^\s*</u.test(body) ? 'a web page instead of Datadog’s answer' : undefined),
    refusedHint: `check the API key, and the site (this is ${access.site})`,
    onWait: context.onWait,
  };
  const client = await openHttpClient({ origin, connections: MOST_AT_ONCE, ...reach });
  const api = await openHttpClient({
    origin: originOf(options, `https://api.${access.site}`),
    connections: 1,
    ...reach,
  });
  return createDatadogLogsSink({
    label,
    apiKey: access.apiKey,
    // Datadog keeps every copy that it is sent.
    sender: createSender({ ...speech, client, mostAtOnce: MOST_AT_ONCE, resendsLost: false }),
    search:
      access.appKey === undefined
        ? undefined
        : createLogSearch(createSender({ ...speech, client: api, mostAtOnce: 1, resendsLost: true }), {
            apiKey: access.apiKey,
            appKey: access.appKey,
          }),
    clock: createServiceClock(context.now ?? Date.now),
    encoder,
    async close() {
      await client[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  });
}

function encoderOptions(options: HttpSinkOptions, { env, fields }: SinkContext): DatadogLogsEncoderOptions {
  const origin = (name: string, otherwise?: string): Origin | undefined => {
    const text = options.get(name) ?? otherwise;
    if (!text) return undefined;
    return text.startsWith('/') ? { kind: 'pointer', pointer: parsePointer(text) } : { kind: 'text', text };
  };
  const chosen = {
    message: origin('message'),
    service: origin('service', env.DD_SERVICE),
    ddsource: origin('source', 'respool'),
    status: origin('status'),
    hostname: origin('host'),
  };
  const time = fields.time?.pointer;
  return {
    chosen: Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
    ...tagOptions(options, env),
    mapped: [...options.under('attribute')].map(([name, text]) => ({ name, pointer: parsePointer(text) })),
    keepsMembers: (wordOption(options, 'attributes', ['all', 'mapped']) ?? 'all') === 'all',
    timeKey: time?.length === 1 ? time[0] : undefined,
    oversize: wordOption(options, 'oversize', ['reject', 'cut']) ?? 'reject',
  };
}

/** Tags of the address, else those of `DD_TAGS`; `DD_ENV` and `DD_VERSION` join them. */
function tagOptions(
  options: HttpSinkOptions,
  env: SinkContext['env'],
): Pick<DatadogLogsEncoderOptions, 'tags' | 'tagPointers'> {
  const words = (options.get('tags') ?? env.DD_TAGS ?? '').split(/[,\s]+/u);
  const usual = [env.DD_ENV && `env:${env.DD_ENV}`, env.DD_VERSION && `version:${env.DD_VERSION}`];
  const tags = [...usual, ...words]
    .filter((word) => word !== undefined && word !== '')
    .map((word) => normalTag(word ?? ''));
  const tagPointers = [...options.under('tag')].map(([name, text]) => ({ name, pointer: parsePointer(text) }));
  if (tags.length + tagPointers.length > MOST_TAGS) {
    throw badOption(`${tags.length + tagPointers.length} tags; Datadog keeps ${MOST_TAGS}`, 'leave some out');
  }
  return { tags: [...new Set(tags)], tagPointers };
}
