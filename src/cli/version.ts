import { readFileSync } from 'node:fs';

/** What package.json says of this installation. */
export interface PackageFacts {
  readonly version: string;
  readonly description: string;
  readonly bugs?: { readonly url?: string };
}

/** Reads the package.json that this installation came with. */
export function readPackage(): PackageFacts {
  const path = new URL('../../package.json', import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as PackageFacts; // our own file
}
