import { resolve } from 'node:path';
import { closest } from '../../did-you-mean.js';
import { UsageError } from '../../errors.js';

/** How a file is written. */
export interface FileOptions {
  /** Absolute. */
  readonly path: string;
  readonly isGzipped: boolean;
  /** A new file is begun once one holds so many bytes; undefined means that there is only one. */
  readonly rotateBytes: number | undefined;
}

const KNOWN = ['gzip', 'rotate'];
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9 };

/**
 * Reads `file:<path>?gzip=true&rotate=100MB`.
 * @throws UsageError `bad_sink_address` or `bad_sink_option`.
 */
export function parseFileAddress(address: string): FileOptions {
  const [, place = '', query = ''] = /^file:(?:\/\/(?=\/))?([^?]*)(?:\?(.*))?$/is.exec(address) ?? [];
  if (place === '') {
    throw new UsageError(`${address}: no file is named`, { code: 'bad_sink_address', hint: 'write file:<path>' });
  }
  const options = new Map(new URLSearchParams(query));
  for (const name of options.keys()) if (!KNOWN.includes(name)) throw unknownOption(name);
  return {
    path: resolve(place),
    isGzipped: readSwitch('gzip', options.get('gzip')) ?? place.endsWith('.gz'),
    rotateBytes: readSize('rotate', options.get('rotate')),
  };
}

function readSwitch(name: string, text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (text === 'true' || text === 'false') return text === 'true';
  throw badOption(`${name} is true or false, not ${JSON.stringify(text)}`);
}

function readSize(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, unit = ''] = /^(\d+) ?([KMG]?)B?$/i.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toUpperCase()] ?? Number.NaN);
  if (bytes >= 1) return bytes;
  throw badOption(`${name} is a number of bytes, such as 100MB, not ${JSON.stringify(text)}`);
}

function unknownOption(name: string): UsageError {
  const meant = closest(name, KNOWN);
  return badOption(
    `a file has no option ${JSON.stringify(name)}`,
    meant ? `did you mean ${meant}?` : `options: ${KNOWN.join(', ')}`,
  );
}

function badOption(message: string, hint?: string): UsageError {
  return new UsageError(message, { code: 'bad_sink_option', ...(hint !== undefined && { hint }) });
}
