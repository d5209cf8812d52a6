import { parsePointer, valueAt } from '../../event/pointer.js';
import type { Catalog } from '../catalog.js';
import { isObject, type MutableObject, schemaNodes, splitUri } from '../walk.js';

/** A schema as it stands in a file: an object, or a boolean. */
export type Schema = MutableObject | boolean;

// These say nothing of what is valid.
const ANNOTATIONS = new Set(
  '$id id $schema $anchor $dynamicAnchor $comment $defs definitions title description default example examples deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema'.split(
    ' ',
  ),
);

/** Finds its way in the schemas of one catalog, whose references are absolute. */
export class Schemas {
  private readonly resources = new Map<string, unknown>();
  private readonly dialects = new Set<string>();

  constructor(readonly catalog: Catalog) {
    for (const { uri, schema, dialect } of catalog.files) {
      this.resources.set(uri, schema);
      this.dialects.add(dialect);
      for (const { node } of schemaNodes(schema, uri, dialect)) this.register(uri, node);
    }
  }

  /** The drafts in use, as one text. */
  get drafts(): string {
    return [...this.dialects].sort().join(', ');
  }

  /** The schema that a reference means; undefined when it lies outside of the catalog, as meta-schemas do. */
  find(reference: string): Schema | undefined {
    const { resource, fragment } = splitUri(reference);
    const root = this.resources.get(resource);
    const pointer = decoded(fragment);
    const found =
      pointer === ''
        ? root
        : pointer.startsWith('/')
          ? valueAt(root, parsePointer(pointer))
          : this.resources.get(reference);
    return isObject(found) || typeof found === 'boolean' ? found : undefined;
  }

  /** All schema objects that hold where these do: themselves, what they refer to, what is in their allOf. */
  flatten(schemas: readonly Schema[]): readonly Schema[] {
    const found = new Set<Schema>();
    const pending: Schema[] = [...schemas].reverse();
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === true || found.has(next)) continue;
      found.add(next);
      if (next === false) continue;
      if (Array.isArray(next.allOf)) pending.push(...next.allOf.filter(isSchema));
      const target = typeof next.$ref === 'string' ? this.find(next.$ref) : undefined;
      if (target !== undefined) pending.push(target);
    }
    return [...found];
  }

  /** A text that is the same for schemas that are the same but for order, annotations, and where their parts lie. */
  canonical(value: unknown, above: readonly unknown[] = []): string {
    if (Array.isArray(value)) return `[${value.map((each) => this.canonical(each, above)).join()}]`;
    if (!isObject(value)) return JSON.stringify(value) ?? '';
    const level = above.indexOf(value);
    if (level >= 0) return `^${above.length - level}`;
    const inside = [...above, value];
    const target = typeof value.$ref === 'string' ? this.find(value.$ref) : undefined;
    const rules = Object.keys(value).filter((key) => isRule(key) && !(key === '$ref' && target !== undefined));
    if (target !== undefined && rules.length === 0) return this.canonical(target, inside);
    const told = rules.sort(byText).map((key) => `${JSON.stringify(key)}:${this.keyword(key, value[key], inside)}`);
    if (target !== undefined) told.push(`"$ref":${this.canonical(target, inside)}`);
    return `{${told.join()}}`;
  }

  private keyword(key: string, value: unknown, above: readonly unknown[]): string {
    if (key === 'const') return stable(value);
    if ((key === 'enum' || key === 'required' || key === 'type') && Array.isArray(value))
      return value.map(stable).sort().join();
    if (['properties', 'patternProperties', 'dependentSchemas', 'dependencies'].includes(key) && isObject(value)) {
      const names = Object.keys(value).sort(byText);
      return names.map((name) => `${JSON.stringify(name)}:${this.canonical(value[name], above)}`).join();
    }
    return this.canonical(value, above);
  }

  private register(uri: string, node: MutableObject): void {
    const id = node.$id ?? node.id;
    if (typeof id === 'string') this.resources.set(id.startsWith('#') ? uri + id : id, node);
    for (const anchor of [node.$anchor, node.$dynamicAnchor]) {
      if (typeof anchor === 'string') this.resources.set(`${uri}#${anchor}`, node);
    }
  }
}

/** Whether a value can be a schema. */
export function isSchema(value: unknown): value is Schema {
  return isObject(value) || typeof value === 'boolean';
}

/** Whether a keyword can make an event invalid. */
export function isRule(keyword: string): boolean {
  return !ANNOTATIONS.has(keyword) && !keyword.startsWith('x-');
}

/** JSON with the members of objects in order of their names. */
export function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join()}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? '';
  const names = Object.keys(value).sort(byText);
  return `{${names.map((name) => `${JSON.stringify(name)}:${stable(value[name])}`).join()}}`;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}
