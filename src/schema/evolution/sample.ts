import type { JsonObject } from '../../event/event.js';
import type { Catalog } from '../catalog.js';
import type { Checker } from '../check.js';
import { compileCatalog } from '../compile.js';
import { byVersion } from '../versions.js';
import { isObject } from '../walk.js';
import { generate } from './generator.js';
import { isSchema, type Schema, Schemas } from './schemas.js';

const VARIANTS = 24;

/**
 * A minimal event of this name that the catalog's own checker accepts; undefined when none could be made: nothing can
 * be valid, or a pattern or a choice is too hard to guess.
 */
export function sampleEvent(catalog: Catalog, name: string): unknown {
  const checker = compileCatalog(catalog, { unknownEvent: 'accept' });
  const schemas = new Schemas(catalog);
  return sampleWith(checker, { schemas, roots: rootsFor(schemas, name), name });
}

/** Where events of one name are looked for. */
export interface Room {
  readonly schemas: Schemas;
  readonly roots: readonly Schema[];
  readonly name: string;
}

/** The same with a checker and schemas that are there already; `path` names a place that the event should have. */
export function sampleWith(checker: Checker, room: Room, path: readonly string[] = []): JsonObject | undefined {
  for (let variant = 0; variant < VARIANTS; variant++) {
    const event = generate(room.schemas, room.roots, { path, variant });
    if (isObject(event) && checker.check(event, room.name) === undefined) return event;
  }
  return undefined;
}

/** The schemas that events of this name are checked against: the one for all, and its own, of the highest version. */
export function rootsFor(schemas: Schemas, name: string): readonly Schema[] {
  const { envelope, events } = schemas.catalog;
  const own = events.filter((event) => event.name === name);
  const [highest] = own.toSorted((a, b) => byVersion(b.version ?? '', a.version ?? ''));
  return [envelope, highest?.uri].flatMap((uri) => (uri === undefined ? [] : [schemas.find(uri)])).filter(isSchema);
}
