import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A source as the URI of a file: relative to where the command ran, percent-encoded, with slashes. */
export function sourceUri(source: string): string {
  const text = source.toWellFormed();
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(text)) return encodeURI(text);
  if (isAbsolute(text)) return pathToFileURL(text).href;
  return sourcePath(text).split('/').map(encodeURIComponent).join('/');
}

/** A source as the path that a code host knows it by: without a leading `./`, with slashes. */
export function sourcePath(source: string): string {
  const slashed = process.platform === 'win32' ? source.replaceAll('\\', '/') : source;
  return slashed.replace(/^(\.\/+)+(?=.)/, '');
}
