import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../../errors.js';
import type { Sink } from '../sink.js';
import { createFileSink } from './file-sink.js';
import { parseFileAddress } from './options.js';

/**
 * Opens the sink `file:<path>`. Nothing is made before the first event comes.
 * @throws UsageError when the address is wrong or the file could not be written.
 */
export async function openFile(address: string): Promise<Sink> {
  const options = parseFileAddress(address);
  const folder = dirname(options.path);
  const there = await stat(options.path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) throw unusable(options.path, 'it is no file');
  await access(there === undefined ? folder : options.path, constants.W_OK).catch((cause: unknown) => {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw unusable(options.path, isMissing ? `the folder ${folder} is missing` : 'there is no right to write it');
  });
  return createFileSink(options);
}

function unusable(path: string, reason: string): UsageError {
  return new UsageError(`file:${path}: ${reason}`, {
    code: 'file_unusable',
    hint: 'name a file in a folder that exists and can be written',
  });
}
