/** A draft of JSON Schema. */
export type Dialect = (typeof DIALECTS)[number];

/** The drafts that are known, oldest first. */
export const DIALECTS = ['draft-04', 'draft-06', 'draft-07', '2019-09', '2020-12'] as const;

const META_SCHEMAS: Readonly<Record<string, Dialect>> = {
  'json-schema.org/draft-04/schema': 'draft-04',
  'json-schema.org/draft-06/schema': 'draft-06',
  'json-schema.org/draft-07/schema': 'draft-07',
  'json-schema.org/draft/2019-09/schema': '2019-09',
  'json-schema.org/draft/2020-12/schema': '2020-12',
};

/** The draft that a `$schema` names, 2020-12 when a schema names none; undefined when it is none that is known. */
export function dialectOf(schemaUri: unknown): Dialect | undefined {
  if (schemaUri === undefined) return '2020-12';
  return typeof schemaUri === 'string' ? META_SCHEMAS[metaSchemaName(schemaUri)] : undefined;
}

/** Whether a URI, without its fragment, names the meta-schema of a draft: it needs no file. */
export function isMetaSchema(uri: string): boolean {
  return metaSchemaName(uri) in META_SCHEMAS;
}

/** The keyword by which schemas of a draft name themselves. */
export function idKeyword(dialect: Dialect): 'id' | '$id' {
  return dialect === 'draft-04' ? 'id' : '$id';
}

function metaSchemaName(uri: string): string {
  return uri.replace(/^https?:\/\//u, '').replace(/#$/u, '');
}
