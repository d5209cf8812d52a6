import { UsageError } from '../../errors.js';
import { type HttpSinkOptions, wordOption } from '../http/options.js';

/** Datadog's sites (https://docs.datadoghq.com/getting_started/site/). */
const SITES = [
  ...['datadoghq.com', 'us3.datadoghq.com', 'us5.datadoghq.com', 'ap1.datadoghq.com', 'ap2.datadoghq.com'],
  ...['uk1.datadoghq.com', 'datadoghq.eu', 'ddog-gov.com', 'us2.ddog-gov.com'],
];

type Environment = Readonly<Record<string, string | undefined>>;

/** Where an organisation is, and how requests say that they belong to it. Holds secrets: never print it. */
export interface DatadogAccess {
  readonly site: string;
  readonly apiKey: string;
  /** With it the organisation's logs can be searched and its settings read. */
  readonly appKey: string | undefined;
}

/**
 * Reads site and keys from the options or `DD_SITE`, `DD_API_KEY` and `DD_APP_KEY`.
 * @throws UsageError `missing_credentials` or `bad_sink_option`.
 */
export function readDatadogAccess(options: HttpSinkOptions, env: Environment): DatadogAccess {
  const named = new Map([['site', options.get('site') ?? env.DD_SITE ?? '']]);
  const site = wordOption({ get: (name) => named.get(name) || undefined, under: () => new Map() }, 'site', SITES);
  const apiKey = options.get('api-key') ?? env.DD_API_KEY;
  if (!apiKey) {
    throw new UsageError('Datadog needs to know who asks', {
      code: 'missing_credentials',
      hint: 'set DD_API_KEY, and DD_SITE unless it is datadoghq.com',
    });
  }
  const appKey = options.get('app-key') ?? env.DD_APP_KEY ?? env.DD_APPLICATION_KEY;
  return { site: site ?? 'datadoghq.com', apiKey, appKey: appKey || undefined };
}
