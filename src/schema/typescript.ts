import { parsePointer } from '../event/pointer.js';
import type { Catalog, CatalogFile } from './catalog.js';
import { Schemas } from './evolution/schemas.js';
import { byVersion } from './versions.js';
import { isObject, type MutableObject, schemaNodes } from './walk.js';

const BANNER =
  '/** Types of events, made from their JSON Schemas by `respool validate --emit-types`: change those instead. */';
const REMARK = /^ *\/\*\*\n *\* This interface was referenced by[^\n]*\n *\* via the `\w+` "[^\n]*"\.\n *\*\/\n/gmu;

/**
 * Writes the schemas of a catalog as TypeScript: a type for each event and version, `EventsByName`, and `AnyEvent` for all
 * of them; `AnyEvent` alone where one schema is for all events.
 * @param nameField top-level field that holds the event's name: it becomes a literal, so that the compiler can tell events
 * apart.
 */
export async function renderTypes(catalog: Catalog, nameField?: string): Promise<string> {
  const { compile } = await import('json-schema-to-typescript');
  const layout = layOut(catalog);
  const definitions = new Bundle(catalog, layout.places).definitions(layout, nameField);
  const isForAll = layout.events.length === 0;
  const byName = isForAll ? {} : { EventsByName: byNameSchema(layout) };
  const bundle = { type: 'object', additionalProperties: false, definitions: { ...definitions, ...byName } };
  const text = await compile(bundle as Parameters<typeof compile>[0], 'Nothing', {
    bannerComment: '',
    unreachableDefinitions: true,
  }); // an object of JSON
  const types = text.replace(/export interface Nothing \{\}\n/u, '').replace(REMARK, '');
  const all = isForAll ? '' : '\nexport type AnyEvent = EventsByName[keyof EventsByName];\n';
  return `${BANNER}\n\n${types.trim()}\n${all}`;
}

interface EventType {
  readonly name: string;
  readonly type: string;
  readonly uri: string;
}

/** Which type each file becomes, and where it stands in the schema that all types are made from. */
interface Layout {
  readonly events: readonly EventType[];
  readonly envelope: string | undefined;
  /** Tokens of the pointer, by the URI of the file. */
  readonly places: ReadonlyMap<string, readonly string[]>;
}

function layOut({ files, events, envelope }: Catalog): Layout {
  const taken = new Set(['EventsByName', 'AnyEvent', 'Nothing']);
  const unique = (wanted: string): string => {
    let name = wanted;
    for (let at = 2; taken.has(name); at++) name = `${wanted}${at}`;
    taken.add(name);
    return name;
  };
  const isForAll = events.length === 0;
  const envelopeType = envelope === undefined ? undefined : isForAll ? 'AnyEvent' : unique('Envelope');
  const types = events
    .toSorted((a, b) => byVersion(a.version ?? '', b.version ?? ''))
    .map(({ name, version, uri }) => {
      const suffix = version === undefined ? '' : `V${version.replace(/^v(?=\d)/u, '')}`;
      return { name, uri, type: unique(pascal(name) + pascal(suffix)) };
    });
  const places = new Map(types.map(({ uri, type }) => [uri, ['definitions', type, 'allOf', '0']]));
  if (envelope !== undefined && envelopeType !== undefined) places.set(envelope, ['definitions', envelopeType]);
  for (const { uri, path } of files) {
    if (!places.has(uri)) places.set(uri, ['definitions', unique(pascal(path.replace(/(?:\.schema)?\.json$/u, '')))]);
  }
  return { events: types, envelope: envelopeType, places };
}

function byNameSchema({ events }: Layout): object {
  const names = [...new Set(events.map(({ name }) => name))];
  const alternatives = (name: string) =>
    events.filter((event) => event.name === name).map(({ type }) => ({ $ref: `#/definitions/${type}` }));
  const properties = Object.fromEntries(names.map((name) => [name, { anyOf: alternatives(name) }]));
  return { type: 'object', additionalProperties: false, required: names, properties };
}

/** Copies the files of a catalog into one schema, with references that lead within it. */
class Bundle {
  private readonly schemas: Schemas;
  private readonly pointers = new Map<unknown, readonly string[]>();

  constructor(
    private readonly catalog: Catalog,
    places: ReadonlyMap<string, readonly string[]>,
  ) {
    this.schemas = new Schemas(catalog);
    for (const { uri, schema, dialect } of catalog.files) {
      const place = places.get(uri) ?? [];
      for (const { node, path } of schemaNodes(schema, uri, dialect)) this.pointers.set(node, [...place, ...path]);
    }
  }

  definitions({ events, envelope, places }: Layout, nameField: string | undefined): Record<string, unknown> {
    const files = new Map(this.catalog.files.map((file) => [file.uri, file]));
    const found: Record<string, unknown> = {};
    for (const [uri, [, type = '']] of places) found[type] = this.file(files.get(uri));
    for (const { name, type, uri } of events) {
      const named = nameField && {
        type: 'object',
        required: [nameField],
        properties: { [nameField]: { const: name } },
      };
      const parts = [this.file(files.get(uri)), envelope && { $ref: `#/definitions/${envelope}` }, named];
      found[type] = { allOf: parts.filter(Boolean) };
    }
    return found;
  }

  private file(file: CatalogFile | undefined): unknown {
    const copy = this.copy(file?.schema);
    if (!isObject(copy)) return copy === false ? { not: {} } : {};
    const { title: _, ...rest } = copy;
    return rest;
  }

  private copy(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.copy(each));
    if (!isObject(value)) return value;
    if (!this.pointers.has(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.copy(each)]));
    }
    const { $ref, $id: _, id: __, $dynamicRef: ___, prefixItems, items, ...rest } = value;
    const tuple = prefixItems === undefined ? { items } : { items: prefixItems, additionalItems: items };
    const copied = Object.entries({ ...rest, ...tuple, ...namedMembers(value) }).flatMap(([key, each]) =>
      each === undefined ? [] : [[key, this.copy(each)]],
    );
    const target = typeof $ref === 'string' ? this.target($ref) : undefined;
    return Object.fromEntries(target === undefined ? copied : [...copied, ['$ref', target]]);
  }

  private target(reference: string): string | undefined {
    const pointer = this.pointers.get(this.schemas.find(reference));
    return pointer && `#/${pointer.map((token) => encodeURIComponent(escaped(token))).join('/')}`;
  }
}

/** Members that are only said to be there get a type of their own, which holds whatever the others say of them. */
function namedMembers({ required, properties }: MutableObject): { readonly properties?: unknown } {
  if (!Array.isArray(required)) return {};
  const known = isObject(properties) ? properties : {};
  const unknown = required.filter((name) => typeof name === 'string' && !Object.hasOwn(known, name));
  return { properties: { ...Object.fromEntries(unknown.map((name) => [name, {}])), ...known } };
}

function escaped(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** `order/paid` as `OrderPaid`. */
function pascal(text: string): string {
  const words = text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const name = words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join('');
  return /^\p{L}/u.test(name) || text === '' ? name : `Event${name}`;
}

/** The field of a pointer to a top-level member; undefined for deeper ones. */
export function topLevelField(pointer: string | undefined): string | undefined {
  if (pointer === undefined) return undefined;
  const tokens = pointer.startsWith('/') ? parsePointer(pointer) : [pointer];
  return tokens.length === 1 ? tokens[0] : undefined;
}
