import { createRequire } from 'node:module';

/** Loads a package at once, where it is used: what is never used costs nothing. Untyped, as `require` always is. */
export function require(name: string): unknown {
  return createRequire(import.meta.url)(name);
}
