import type { Annotation, Catalog } from '../schema/catalog.js';
import type { SchemaMapping } from '../schema/schema-map.js';

/**
 * The schemas that `--schema` names.
 * @throws UsageError when one of them cannot be read or is no schema.
 */
export async function openCatalog(options: {
  readonly schema: string | undefined;
  readonly schemaMap: readonly SchemaMapping[];
}): Promise<Catalog | undefined> {
  if (options.schema === undefined) return undefined;
  const { loadCatalog } = await import('../schema/catalog.js');
  return loadCatalog(options.schema, { mappings: options.schemaMap });
}

/** What the schemas say of where fields stand, in the words of `chooseFields`. */
export async function saidOfFields(
  catalog: Catalog | undefined,
): Promise<{ readonly annotation: Annotation; readonly declared?: ReadonlySet<string> }> {
  if (catalog === undefined) return { annotation: {} };
  const { declaredValues } = await import('../schema/cell-types.js');
  return { annotation: catalog.annotation, declared: declaredValues(catalog) };
}
