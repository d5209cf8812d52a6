import { didYouMean } from '../../did-you-mean.js';
import { UsageError } from '../../errors.js';
import { openDispatcher } from '../../http-dispatcher.js';
import { MIXPANEL_HOSTS, readAccess } from '../../mixpanel/access.js';
import type { SourceContext } from '../context.js';
import type { StoredFile } from '../dump/byte-reader.js';
import { openFiles } from '../dump/dump.js';
import type { Source } from '../source.js';
import { type DayRange, rangesOf } from './days.js';
import { createExporter } from './exporter.js';

const NAMES = ['from', 'to', 'project', 'service-account', 'region', 'endpoint', 'event', 'where', 'ca', 'timeout'];
const TIMEOUT_MS = 120_000;
const PATH = '/api/2.0/export';

/**
 * Opens `mixpanel-export:?from=2026-01-01&to=2026-01-31`: the raw events of whole days, both inclusive, as they were
 * imported. Times are always exported in milliseconds: in seconds, importing them again would make other events of them.
 * @throws UsageError for options that cannot be meant and missing credentials.
 */
export async function openMixpanelExport(address: string, context: SourceContext): Promise<Source> {
  const options = parse(address);
  const env = context.env ?? {};
  const access = readAccess(options, env);
  const ranges = rangesOf(day(options, 'from'), day(options, 'to'));
  const dispatcher = await openDispatcher({
    connections: 1,
    timeoutMs: Number(options.get('timeout') ?? 0) * 1_000 || TIMEOUT_MS,
    ca: options.get('ca'),
    env,
  });
  const exporter = createExporter({
    dispatcher,
    origin: originOf(options),
    authorization: access.authorization,
    label: `mixpanel-export of project ${access.project}`,
  });
  const files = ranges.map((range): StoredFile => {
    const label = `mixpanel-export:${access.project}/${range.from}..${range.to}`;
    const path = `${PATH}?${queryOf(range, access.projectQuery, options)}`;
    return {
      label,
      bytes: undefined,
      // Late events and merged identities change what an export holds, so nothing tells whether it is the same.
      fingerprint: async () => undefined,
      open: (signal) => exporter.open(path, label, signal),
    };
  });
  const label = `mixpanel-export:${access.project}/${ranges[0]?.from}..${ranges.at(-1)?.to}`;
  const source = openFiles(files, label, { ...context, format: 'mixpanel-export' });
  return {
    ...source,
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await dispatcher.destroy();
    },
  };
}

type Options = ReadonlyMap<string, string>;

function parse(address: string): Options {
  const query = new URLSearchParams(/\?(.*)$/su.exec(address)?.[1] ?? '');
  for (const name of query.keys()) {
    if (NAMES.includes(name)) continue;
    throw badOption(
      `the source mixpanel-export knows no option "${name}"`,
      didYouMean(name, NAMES) ?? `options: ${NAMES.join(', ')}`,
    );
  }
  return new Map([...query].filter(([, value]) => value !== ''));
}

function day(options: Options, name: 'from' | 'to'): string {
  const text = options.get(name) ?? '';
  const isDay = /^\d{4}-\d{2}-\d{2}$/u.test(text) && !Number.isNaN(Date.parse(text));
  if (isDay) return text;
  throw badOption(
    text === '' ? `mixpanel-export needs a day ${name}` : `${name}=${text} is no day`,
    'write mixpanel-export:?from=2026-01-01&to=2026-01-31; both days are included',
  );
}

function originOf(options: Options): string {
  const region = options.get('region') ?? 'us';
  const host = region === 'us' || region === 'eu' || region === 'in' ? MIXPANEL_HOSTS[region].export : undefined;
  if (host === undefined) throw badOption(`region=${region}: there are us, eu, in`, 'write region=eu');
  const endpoint = options.get('endpoint');
  if (endpoint === undefined) return host;
  if (URL.canParse(endpoint) && /^https?:$/u.test(new URL(endpoint).protocol)) return new URL(endpoint).origin;
  throw badOption('the endpoint has to be scheme, host and port alone', 'write endpoint=https://host:port');
}

function queryOf({ from, to }: DayRange, projectQuery: string, options: Options): string {
  const query = new URLSearchParams(projectQuery);
  query.set('from_date', from);
  query.set('to_date', to);
  query.set('time_in_ms', 'true');
  const events = options.get('event')?.split(',');
  if (events !== undefined) query.set('event', JSON.stringify(events));
  const where = options.get('where');
  if (where !== undefined) query.set('where', where);
  return query.toString();
}

function badOption(message: string, hint: string): UsageError {
  return new UsageError(message, { code: 'bad_source_option', hint });
}
