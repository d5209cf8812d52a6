import { require } from '../require.js';

/** How ajv-formats declares a format. */
type Format = RegExp | ((text: string) => boolean) | boolean | { readonly validate?: unknown };

/** The commonest ones, for which nothing has to be loaded. */
const COMMON = new Set(['date-time', 'date', 'uuid', 'email', 'uri', 'ipv4']);

/** Whether a format is checked. */
export function isKnownFormat(name: string): boolean {
  return COMMON.has(name) || formatNamed(name) !== undefined;
}

/** What ajv-formats has under a name; undefined for formats that it does not know. */
export function formatNamed(name: string): Format | undefined {
  const { fullFormats } = require('ajv-formats/dist/formats.js') as {
    readonly fullFormats: Readonly<Record<string, Format>>; // as ajv-formats declares it
  };
  return Object.hasOwn(fullFormats, name) ? fullFormats[name] : undefined;
}
