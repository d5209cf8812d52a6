import type { Ajv } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { RespoolError } from '../errors.js';
import { createAjv } from './ajv.js';
import { Compiler } from './compile.js';
import type { Dialect } from './dialect.js';
import type { Document } from './document.js';
import { tellProblems } from './problems.js';
import { isObject, placeOf, schemaNodes } from './walk.js';

export interface Lint {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Looks for what is no schema, or one that cannot be used, in files as they have been read. */
export function lintSchemas(documents: readonly Document[]): Lint {
  const engines = new Engines();
  return { problems: documents.flatMap((document) => lintOne(document, engines)), warnings: formatWarnings(documents) };
}

/** One ajv a draft and thoroughness: the thorough one is made when something is wrong. */
class Engines {
  private readonly engines = new Map<string, Ajv>();

  of(dialect: Dialect, isThorough: boolean): Ajv {
    const key = `${dialect} ${isThorough}`;
    const engine = this.engines.get(key) ?? createAjv(dialect, isThorough);
    this.engines.set(key, engine);
    return engine;
  }
}

/** What ajv has to say against the schemas that events are checked against, once their references are absolute. */
export function compileProblems(documents: readonly Document[], roots: readonly Document[]): readonly string[] {
  const compiler = new Compiler({ files: documents });
  return roots.flatMap(({ uri, path }) => {
    try {
      const validate = compiler.compile(uri, false);
      // A circle of references shows when a value is checked, whatever value that is.
      for (const value of [null, {}]) validate(value);
      return [];
    } catch (error) {
      if (error instanceof RangeError) return [`${path}: its references lead in a circle that never reaches a rule`];
      if (error instanceof RespoolError) return [error.message];
      throw error;
    }
  });
}

function lintOne({ path, schema, dialect }: Document, engines: Engines): string[] {
  if (!isObject(schema)) return [];
  const engine = engines.of(dialect, false);
  const keys = Object.keys(schema);
  if (keys.length > 0 && !keys.some((key) => isKeyword(key, engine))) {
    const some = keys.slice(0, 3).join(', ');
    return [`${path}: not a schema: no member of it (${some}) is a keyword of JSON Schema`];
  }
  const bad = badPatterns(path, schema);
  if (engine.validateSchema(schema) === true) return bad;
  const thorough = engines.of(dialect, true);
  if (thorough.validateSchema(schema) === true) return bad;
  const [first] = tellProblems(thorough.errors ?? [], () => undefined);
  return [`${path}#${first?.pointer}: not a schema: ${first?.message}`, ...bad];
}

function isKeyword(key: string, engine: Ajv): boolean {
  return /^(?:\$|x-)/u.test(key) || key === 'id' || key === 'definitions' || Boolean(engine.getKeyword(key));
}

function badPatterns(path: string, schema: unknown): string[] {
  return [...schemaNodes(schema, 'schema:///', '$id')].flatMap(({ node, path: place }) => {
    const named = isObject(node.patternProperties) ? Object.keys(node.patternProperties) : [];
    const patterns = typeof node.pattern === 'string' ? [node.pattern, ...named] : named;
    return patterns
      .filter((pattern) => !isPattern(pattern))
      .map((pattern) => `${path}${placeOf(place)}: no regular expression: ${pattern}`);
  });
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern) !== undefined;
  } catch {
    return false;
  }
}

function formatWarnings(documents: readonly Document[]): string[] {
  const unknown = new Map<string, string>();
  for (const { path, schema } of documents) {
    for (const { node, path: place } of schemaNodes(schema, 'schema:///', '$id')) {
      const { format } = node;
      if (typeof format !== 'string' || format in fullFormats || unknown.has(format)) continue;
      unknown.set(format, `${path}${placeOf(place)}`);
    }
  }
  return [...unknown].map(([format, place]) => `${place}: the format "${format}" is not known and not checked`);
}
