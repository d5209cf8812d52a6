import { existsSync } from 'node:fs';
import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import type { SourceContext } from './context.js';
import { openDump } from './dump/dump.js';
import { openDumpSlice } from './dump/open-slice.js';
import type { Source, SourceSlice } from './source.js';

/** Opens one kind of source by its address. */
type Opener = (address: string, context: SourceContext) => Promise<Source>;

/** Sources that are named by a scheme of their own; each is loaded only when it is needed. */
const OPENERS: ReadonlyMap<string, Opener> = new Map<string, Opener>([
  [
    'mixpanel-export',
    async (address, context) =>
      (await import('./mixpanel-export/mixpanel-export.js')).openMixpanelExport(address, context),
  ],
  ['sqs', async (address, context) => (await import('./queue/sqs/sqs.js')).openSqs(address, context)],
  ['kafka', async (address, context) => (await import('./queue/kafka/kafka.js')).openKafka(address, context)],
  ['nats', async (address, context) => (await import('./queue/nats/nats.js')).openNats(address, context)],
  ['postgres', inPostgres],
  ['postgresql', inPostgres],
  ['amqp', async (address, context) => (await import('./queue/amqp/amqp.js')).openAmqp(address, context)],
  ['amqps', async (address, context) => (await import('./queue/amqp/amqp.js')).openAmqp(address, context)],
  ['bullmq', inRedis],
  ['resque', inRedis],
  ['sidekiq', inRedis],
  ['pgboss', async (address, context) => (await import('./queue/table/open.js')).openPgBoss(address, context)],
]);

/** Schemes that name dumps, beside paths. */
const DUMP_SCHEMES = ['s3'];

/** What a source's address can begin with, beside a path. */
const sourceSchemes: readonly string[] = [...DUMP_SCHEMES, ...OPENERS.keys()];

/**
 * Opens what the words on the command line name as one source: any number of dumps, or one source of another kind.
 * @throws UsageError when a scheme is unknown, kinds are mixed, or nothing is there.
 */
export async function openSource(inputs: readonly string[], context: SourceContext): Promise<Source> {
  const source = await openOne(inputs, context);
  return context.fetchesBodies === true ? fetching(source, context) : source;
}

/**
 * Opens a slice that `Source.slices` has cut, here or on another machine.
 * @throws UsageError when a part of it cannot be read here, or is no longer what it was.
 */
export async function openSlice(slice: SourceSlice, context: SourceContext): Promise<Source> {
  const source = await openDumpSlice(slice, context);
  return context.fetchesBodies === true ? fetching(source, context) : source;
}

async function fetching(source: Source, { env = {} }: SourceContext): Promise<Source> {
  const { withFetchedBodies } = await import('./fetched-bodies.js');
  return withFetchedBodies(source, env);
}

async function openOne(inputs: readonly string[], context: SourceContext): Promise<Source> {
  const [first] = inputs;
  if (first === undefined) {
    throw new UsageError('no source is named', { code: 'no_source', hint: 'name a file, a folder, or - for stdin' });
  }
  const openers = inputs.map(openerOf);
  const open = openers.find((opener) => opener !== undefined);
  if (open === undefined) return openDump(inputs, context);
  if (inputs.length === 1) return open(first, context);
  throw new UsageError(`${inputs.join(' ')}: only dumps can be read together`, {
    code: 'mixed_sources',
    hint: 'read each queue or table with a command of its own',
  });
}

/** The opener of an address; undefined for a dump. */
function openerOf(input: string): Opener | undefined {
  const scheme = /^([a-z][a-z0-9+.-]+):/iu.exec(input)?.[1]?.toLowerCase();
  if (scheme === undefined || DUMP_SCHEMES.includes(scheme)) return undefined;
  const open = OPENERS.get(scheme);
  if (open !== undefined || existsSync(input)) return open;
  const near = closest(scheme, sourceSchemes);
  throw new UsageError(`${input}: no source is called ${scheme}:`, {
    code: 'unknown_source',
    hint: near
      ? `did you mean ${near}:${input.slice(scheme.length + 1)}?`
      : `sources are paths, globs, folders, - (stdin) and ${sourceSchemes.map((name) => `${name}:`).join(', ')}; a file of that name is ./${input}`,
  });
}

async function inRedis(address: string, context: SourceContext): Promise<Source> {
  const { openRedisQueue } = await import('./queue/redis/open.js');
  return openRedisQueue(address, context);
}

/** A table whose rows are messages that are marked as done or removed, or one that is only read. */
async function inPostgres(address: string, context: SourceContext): Promise<Source> {
  if (/[?&](?:processed|jobs)=/u.test(address)) {
    const { openTableQueue } = await import('./queue/table/open.js');
    return openTableQueue(address, context);
  }
  const { openPostgresSource } = await import('./postgres/open.js');
  return openPostgresSource(address, context);
}
