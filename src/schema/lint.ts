import type { Ajv } from 'ajv';
import { closest } from '../did-you-mean.js';
import { RespoolError } from '../errors.js';
import { createAjv } from './ajv.js';
import { Compiler, tooDeep } from './compile.js';
import { dangerousPart } from './dangerous-pattern.js';
import { DIALECTS, type Dialect } from './dialect.js';
import type { Document } from './document.js';
import { isKnownFormat } from './formats.js';
import { isExpected, keywordsOf } from './keywords.js';
import { isPlainSchema } from './plain-schema.js';
import { tellProblems } from './problems.js';
import { surelyCompiles } from './surely-compiles.js';
import { isObject, placeOf, schemaNodes } from './walk.js';

export interface Lint {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Looks for what is no schema, or one that cannot be used, or that says less than it seems to, in files as they have been
 * read.
 * @param roots those that events are checked against.
 * @param allowed unknown keywords that are meant.
 */
export function lintSchemas(
  documents: readonly Document[],
  roots: readonly Document[],
  allowed: ReadonlySet<string>,
): Lint {
  const engines = new Engines();
  return {
    problems: documents.flatMap((document) => {
      const nothing = roots.includes(document) ? withoutKeywords(document) : [];
      return nothing.length > 0 ? nothing : [...badPatterns(document), ...invalidSchema(document, engines)];
    }),
    warnings: [
      ...formatWarnings(documents),
      ...documents.flatMap(slowPatterns),
      ...documents.flatMap((document) => unknownKeywords(document, allowed)),
    ],
  };
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
  if (surelyCompiles(documents, roots)) return [];
  const compiler = new Compiler({ files: documents });
  return roots.flatMap(({ uri, path }) => {
    try {
      const validate = compiler.compile(uri, false);
      // A circle of references shows when a value is checked, whatever value that is.
      for (const value of [null, {}]) validate(value);
      return [];
    } catch (error) {
      if (error instanceof RangeError) return [`${path}: ${tooDeep(documents)}`];
      if (error instanceof RespoolError) return [error.message];
      throw error;
    }
  });
}

/** A file that events are checked against, and in which nothing is a rule, is something else: data, say. */
function withoutKeywords({ path, schema, dialect }: Document): string[] {
  const keys = isObject(schema) ? Object.keys(schema) : [];
  if (keys.length === 0 || keys.some((key) => isExpected(key, dialect) || key.startsWith('$'))) return [];
  const some = keys.slice(0, 3).join(', ');
  return [`${path}: not a schema: no member of it (${some}) is a keyword of JSON Schema`];
}

function invalidSchema({ path, schema, dialect }: Document, engines: Engines): string[] {
  if (!isObject(schema) || isPlainSchema(schema, dialect)) return [];
  if (engines.of(dialect, false).validateSchema(schema) === true) return [];
  const thorough = engines.of(dialect, true);
  if (thorough.validateSchema(schema) === true) return [];
  const [first] = tellProblems(thorough.errors ?? [], () => undefined);
  return [`${path}#${first?.pointer}: not a schema: ${first?.message}`];
}

const MOST_UNKNOWN = 20;

/** Members of schemas that no draft knows: most are typing errors, and a rule that is misspelt checks nothing. */
function unknownKeywords({ path, schema, dialect }: Document, allowed: ReadonlySet<string>): string[] {
  const told: string[] = [];
  const seen = new Set<string>(allowed);
  for (const { node, path: place, isCertain } of schemaNodes(schema, 'schema:///', dialect)) {
    if (!isCertain) continue;
    for (const key of Object.keys(node)) {
      if (isExpected(key, dialect) || seen.has(key) || (key.startsWith('$') && place.length === 0)) continue;
      seen.add(key);
      told.push(`${path}${placeOf([...place, key])}: ${unknownKeyword(key, dialect)}`);
    }
  }
  const rest = told.length - MOST_UNKNOWN;
  return rest > 0 ? [...told.slice(0, MOST_UNKNOWN), `${path}: … and ${rest} more unknown keywords`] : told;
}

function unknownKeyword(key: string, dialect: Dialect): string {
  const drafts = DIALECTS.filter((other) => keywordsOf(other).has(key));
  if (drafts.length > 0)
    return `"${key}" is no keyword of ${dialect} and checks nothing; it is one of ${drafts.join(', ')}`;
  const meant = closest(key, keywordsOf(dialect));
  return `"${key}" is no keyword and checks nothing${meant === undefined ? ' (begin its name with x- if it is meant as a remark)' : `; did you mean "${meant}"?`}`;
}

function badPatterns(document: Document): string[] {
  return patternsOf(document).flatMap(({ pattern, place }) =>
    isPattern(pattern) ? [] : [`${place}: no regular expression: ${pattern}`],
  );
}

/** Patterns on which other checkers hang; here they are matched in another way. */
function slowPatterns(document: Document): string[] {
  return patternsOf(document).flatMap(({ pattern, place }) => {
    const part = isPattern(pattern) ? dangerousPart(pattern) : undefined;
    if (part === undefined) return [];
    return [
      `${place}: the pattern ${pattern} makes most checkers hang on some texts (what ${part} repeats can match in many ways); it is matched by the rules of RE2`,
    ];
  });
}

function patternsOf({ path, schema, dialect }: Document) {
  return [...schemaNodes(schema, 'schema:///', dialect)].flatMap(({ node, path: place }) => {
    const named = isObject(node.patternProperties) ? Object.keys(node.patternProperties) : [];
    const patterns = typeof node.pattern === 'string' ? [node.pattern, ...named] : named;
    return patterns.map((pattern) => ({ pattern, place: path + placeOf(place) }));
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
  for (const { path, schema, dialect } of documents) {
    for (const { node, path: place } of schemaNodes(schema, 'schema:///', dialect)) {
      const { format } = node;
      if (typeof format !== 'string' || isKnownFormat(format) || unknown.has(format)) continue;
      unknown.set(format, `${path}${placeOf(place)}`);
    }
  }
  return [...unknown].map(([format, place]) => `${place}: the format "${format}" is not known and not checked`);
}
