import { existsSync } from 'node:fs';
import { distance } from 'fastest-levenshtein';
import { UsageError } from '../errors.js';
import { openDump } from './dump/dump.js';
import type { DumpOptions } from './dump/options.js';
import type { Source } from './source.js';

/** Every way to name a source beside a path, as help and errors list them. */
const sourceSchemes = ['s3://bucket/prefix'] as const;

const schemes = ['s3'];

/**
 * Opens what the words on the command line name as one source.
 * @throws UsageError when a scheme is unknown or nothing is there.
 */
export async function openSource(inputs: readonly string[], options: DumpOptions): Promise<Source> {
  if (inputs.length === 0) {
    throw new UsageError('no source is named', { code: 'no_source', hint: 'name a file, a folder, or - for stdin' });
  }
  for (const input of inputs) checkScheme(input);
  return openDump(inputs, options);
}

function checkScheme(input: string): void {
  const scheme = /^([a-z][a-z0-9+.-]+):/iu.exec(input)?.[1];
  if (scheme === undefined || schemes.includes(scheme) || existsSync(input)) return;
  const near = schemes.find((known) => distance(known, scheme.toLowerCase()) <= 1);
  throw new UsageError(`${input}: no source is called ${scheme}:`, {
    code: 'unknown_source',
    hint: near
      ? `did you mean ${near}:${input.slice(scheme.length + 1)}?`
      : `sources are paths, globs, folders, - (stdin) and ${sourceSchemes.join(', ')}; a file of that name is ./${input}`,
  });
}
