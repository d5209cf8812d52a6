import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the local copy of schemas lies that are known by a remote URI. */
export interface SchemaMapping {
  /** A URI without a fragment; one that ends with a slash stands for everything below it. */
  readonly uri: string;
  /** File, or folder where `uri` ends with a slash. */
  readonly path: string;
}

const ENDINGS = ['', '.json', '.schema.json'];

/** The local copy that a URI is mapped to by the longest mapping that fits it; undefined when there is none. */
export async function mappedFile(uri: string, mappings: readonly SchemaMapping[]): Promise<string | undefined> {
  const fitting = mappings.filter((mapping) => uri === mapping.uri || isBelow(uri, mapping.uri));
  for (const mapping of fitting.toSorted((a, b) => b.uri.length - a.uri.length)) {
    const path = uri === mapping.uri ? mapping.path : join(mapping.path, decoded(uri.slice(mapping.uri.length)));
    for (const ending of ENDINGS) if (await isFile(path + ending)) return path + ending;
  }
  return undefined;
}

function isBelow(uri: string, prefix: string): boolean {
  return prefix.endsWith('/') && uri.startsWith(prefix);
}

/** Escaped slashes stay escaped: a URI leads nowhere but below its folder. */
function decoded(rest: string): string {
  try {
    return decodeURI(rest);
  } catch {
    return rest;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
