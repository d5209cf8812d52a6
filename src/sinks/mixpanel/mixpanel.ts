import { parsePointer } from '../../event/pointer.js';
import { MIXPANEL_HOSTS, readAccess } from '../../mixpanel/access.js';
import type { SinkContext } from '../context.js';
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
import { createPace } from '../http/pace.js';
import { createSender } from '../http/sender.js';
import { createServiceClock } from '../http/service-clock.js';
import type { Sink } from '../sink.js';
import type { MixpanelEncoderOptions } from './encode/options.js';
import { createMixpanelSink } from './mixpanel-sink.js';
import { oddityOf } from './read-answer.js';

const NAMES = [
  ...['token', 'service-account', 'project', 'region', 'project-timezone', 'id-salt', 'properties', 'nested'],
  'events-per-second',
];

/** Mixpanel advises 10 to 20 clients at once. */
const MOST_AT_ONCE = 16;
/** From 2 s, doubled up to a minute, and 1 to 5 s more (https://docs.mixpanel.com/reference/rate-limits). */
const BACKOFF = { firstMs: 2_000, longestMs: 60_000, jitter: [1_000, 5_000] } as const;
const RETRY_FOR_MS = 300_000;
/** 30,000 events/s and 2 GB a minute for a project; a little less, so that no minute holds a request too many. */
const EVENTS_PER_SECOND = 29_850;
const BYTES_PER_SECOND = 33_000_000;

/**
 * Opens the sink `mixpanel:?region=eu&…`: events go to Mixpanel's `/import`.
 * @throws UsageError for options that cannot be meant and missing credentials.
 */
export async function openMixpanel(address: string, context: SinkContext): Promise<Sink> {
  const options = parseHttpOptions(address, { sink: 'mixpanel', names: NAMES, prefixes: ['property'] });
  const access = readAccess(options, context.env);
  const region = wordOption(options, 'region', ['us', 'eu', 'in']) ?? 'us';
  const origin = originOf(options, MIXPANEL_HOSTS[region].import);
  const salt = options.get('id-salt');
  // What is salted is new to Mixpanel, so it has to be new to the ledger, too.
  const label = `mixpanel:${new URL(origin).host}/${access.project}${salt === undefined ? '' : `?id-salt=${encodeURIComponent(salt)}`}`;
  const rate = rateOption(options);
  const client = await openHttpClient({
    origin,
    connections: MOST_AT_ONCE,
    timeoutMs: secondsOption(options, 'timeout'),
    ca: options.get('ca'),
    env: context.env,
  });
  const retryForMs = secondsOption(options, 'retry-for') ?? context.retryForMs ?? RETRY_FOR_MS;
  const monotonicMs = () => performance.now();
  const sender = createSender({
    client,
    label,
    backoff: within(BACKOFF, retryForMs),
    // The same four of name, time, user and $insert_id are one event, however often they come.
    resendsLost: true,
    mostAtOnce: MOST_AT_ONCE,
    retryForMs,
    pace: {
      events: createPace(rate ?? EVENTS_PER_SECOND, monotonicMs),
      bytes: createPace(rate === undefined ? BYTES_PER_SECOND : Number.POSITIVE_INFINITY, monotonicMs),
    },
    oddity: oddityOf,
    refusedHint: `check the service account or token, the project, and the residency (this is region ${region})`,
    onWait: context.onWait,
  });
  return createMixpanelSink({
    label,
    path: `/import?strict=1${access.projectQuery === '' ? '' : `&${access.projectQuery}`}`,
    authorization: access.authorization,
    sender,
    clock: createServiceClock(context.now ?? Date.now),
    encoder: encoderOptions(options, context, salt),
    close: async () => client[Symbol.asyncDispose](),
  });
}

function encoderOptions(
  options: HttpSinkOptions,
  { fields }: SinkContext,
  idSalt: string | undefined,
): MixpanelEncoderOptions {
  return {
    idSalt,
    pointers: {
      id: fields.id?.pointer,
      name: fields.name?.pointer,
      time: fields.time?.pointer,
      user: fields.user?.pointer,
    },
    mapped: [...options.under('property')].map(([name, text]) => ({ name, pointer: parsePointer(text) })),
    keepsMembers: (wordOption(options, 'properties', ['all', 'mapped']) ?? 'all') === 'all',
    nested: wordOption(options, 'nested', ['keep', 'text']) ?? 'keep',
  };
}

function rateOption(options: HttpSinkOptions): number | undefined {
  const text = options.get('events-per-second');
  if (text === undefined) return undefined;
  const rate = Number(text);
  if (rate > 0 && Number.isFinite(rate)) return rate;
  throw badOption(`events-per-second=${text} is no rate`, 'write events-per-second=30000');
}
