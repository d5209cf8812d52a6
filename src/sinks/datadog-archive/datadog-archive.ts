import { resolve } from 'node:path';
import { UsageError } from '../../errors.js';
import { parsePointer } from '../../event/pointer.js';
import type { SinkContext } from '../context.js';
import { type HttpSinkOptions, parseHttpOptions } from '../http/options.js';
import type { Sink } from '../sink.js';
import { createArchiveSink } from './archive-sink.js';
import { type Destination, openFolder, openS3 } from './destination.js';
import type { Origin, RecordOptions } from './record.js';

const NAMES = ['service', 'source', 'status', 'host', 'message', 'tags'];

/**
 * Opens the sink `datadog-archive:<folder or s3://bucket/prefix>`: log archives as Datadog lays them out, to be
 * rehydrated. Nothing is written before the last event has been seen.
 * @throws UsageError for an address or options that cannot be meant.
 */
export async function openDatadogArchive(address: string, context: SinkContext): Promise<Sink> {
  const { place, query } = splitAddress(address);
  const options = parseHttpOptions(`datadog-archive:${query}`, {
    sink: 'datadog-archive',
    names: NAMES,
    prefixes: [],
  });
  const isS3 = place.startsWith('s3://');
  return createArchiveSink({
    label: `datadog-archive:${isS3 ? place.replace(/\/+$/u, '') : resolve(place)}`,
    destination: await openDestination(place, context.env),
    record: recordOptions(options, context.env),
    selection: context.selection,
    scratch: context.scratch ?? '',
    onWritten: context.onWritten,
  });
}

/** Opens the place of an archive, to look into what was written. @throws UsageError like `openDatadogArchive`. */
export function openArchive(address: string, env: SinkContext['env']): Promise<Destination> {
  return openDestination(splitAddress(address).place, env);
}

async function openDestination(place: string, env: SinkContext['env']): Promise<Destination> {
  return place.startsWith('s3://') ? await openS3(place, env) : openFolder(resolve(place));
}

function splitAddress(address: string): { readonly place: string; readonly query: string } {
  const [, place = '', query = ''] = /^[^:]*:([^?]*)(\?.*)?$/su.exec(address) ?? [];
  if (place !== '') return { place, query };
  throw new UsageError(`${address}: no place for the archive is named`, {
    code: 'bad_sink_address',
    hint: 'write datadog-archive:<folder> or datadog-archive:s3://bucket/prefix',
  });
}

function recordOptions(options: HttpSinkOptions, env: SinkContext['env']): RecordOptions {
  const origin = (name: string, otherwise?: string): Origin | undefined => {
    const text = options.get(name) ?? otherwise;
    if (!text) return undefined;
    return text.startsWith('/') ? { pointer: parsePointer(text) } : { text };
  };
  const words = (options.get('tags') ?? env.DD_TAGS ?? '').split(/[,\s]+/u);
  const usual = [env.DD_ENV && `env:${env.DD_ENV}`, env.DD_VERSION && `version:${env.DD_VERSION}`];
  return {
    members: {
      host: origin('host'),
      service: origin('service', env.DD_SERVICE),
      source: origin('source', 'respool'),
      status: origin('status', 'info'),
    },
    message: origin('message'),
    tags: [...new Set([...usual, ...words].filter((word): word is string => Boolean(word)))],
  };
}
