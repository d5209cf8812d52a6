import { UsageError } from '../../errors.js';
import type { SlicePart, Source, SourceSlice } from '../source.js';
import type { StoredFile } from './byte-reader.js';
import { openFiles } from './dump.js';
import { localFile } from './local-file.js';
import type { DumpOptions } from './options.js';
import { UNREADABLE } from './slices.js';

/**
 * Opens a slice that another process has cut.
 * @throws UsageError when a part cannot be read here or is no longer what it was.
 */
export async function openDumpSlice({ parts }: SourceSlice, options: DumpOptions): Promise<Source> {
  const files = await Promise.all(parts.map((part) => openSlicePart(part, options)));
  return openFiles(files, parts.map(({ label }) => label).join(' '), options);
}

async function openSlicePart(part: SlicePart, { env = {} }: DumpOptions): Promise<StoredFile> {
  const { label, address, bytes, fingerprint } = part;
  if (address.startsWith('s3://')) {
    const { listedObject } = await import('./s3.js');
    return listedObject(address, { bytes, fingerprint, env });
  }
  const file = localFile(address, bytes, label);
  const now = fingerprint === UNREADABLE ? fingerprint : await file.fingerprint();
  if (now === fingerprint) return file;
  throw new UsageError(`${label}: on this machine ${address} is not the file that was cut into slices`, {
    code: 'changed_since',
    hint: 'let every worker see the same files under the same paths; when they were changed on purpose, --fresh begins anew',
  });
}
