import type { Ajv, ValidateFunction } from 'ajv';
import { closest } from '../did-you-mean.js';
import { UsageError } from '../errors.js';
import { createAjv } from './ajv.js';
import type { CheckPart } from './alternatives.js';
import type { Catalog, CatalogFile } from './catalog.js';
import type { Checker, Problem } from './check.js';
import type { Dialect } from './dialect.js';
import { addLargeObjects, falseSchema } from './large-objects.js';
import { SlowPatternError } from './pattern.js';
import { tellProblems } from './problems.js';
import { addRedaction, redactionOf } from './redaction.js';
import { byVersion } from './versions.js';
import { isObject, placeOf, schemaNodes } from './walk.js';

const MOST_PROBLEMS = 1_000;

export interface CheckOptions {
  /** What becomes of events whose name has no schema, in a catalog with schemas by name. */
  readonly unknownEvent: 'accept' | 'reject';
  /** How many problems of a schema are told at most; 1,000 when absent, `Infinity` for all. */
  readonly mostProblems?: number;
}

/** Makes the checker of a catalog. Schemas are compiled when the first event needs them. */
export function compileCatalog(
  catalog: Catalog,
  { unknownEvent, mostProblems = MOST_PROBLEMS }: CheckOptions,
): Checker {
  const compiler = new Compiler(catalog);
  const envelope = catalog.envelope === undefined ? undefined : new Rule(compiler, catalog.envelope);
  const byName = rulesByName(catalog, compiler);
  const hasNames = byName.size > 0;

  return {
    knows: (name) => !hasNames || byName.has(name),
    check: untilSlow((value, name) => {
      const rules = byName.get(name);
      const rule = rules?.length === 1 ? rules[0]?.rule : rules && ruleFor(value, rules);
      const isKnown = !hasNames || rule !== undefined || unknownEvent === 'accept';
      if (
        isKnown &&
        (envelope === undefined || envelope.accepts(value)) &&
        (rule === undefined || rule.accepts(value))
      ) {
        return undefined;
      }
      const unknown = isKnown ? [] : [unknownName(name, byName.keys())];
      return [
        ...unknown,
        ...(envelope?.problems(value, mostProblems) ?? []),
        ...(rule?.problems(value, mostProblems) ?? []),
      ];
    }),
  };
}

/** A pattern that does not come to an end on a text is what is wrong with that event. */
function untilSlow(check: Checker['check']): Checker['check'] {
  return (value, name) => {
    try {
      return check(value, name);
    } catch (error) {
      if (!(error instanceof SlowPatternError)) throw error;
      return [{ pointer: '', rule: 'slow_pattern', message: error.message }];
    }
  };
}

interface VersionedRule {
  readonly version: string | undefined;
  readonly rule: Rule;
}

/** The rules of each name, highest version first. */
function rulesByName(catalog: Catalog, compiler: Compiler): Map<string, readonly VersionedRule[]> {
  const byName = new Map<string, VersionedRule[]>();
  for (const { name, version, uri } of catalog.events) {
    const rules = byName.get(name) ?? [];
    rules.push({ version, rule: new Rule(compiler, uri) });
    byName.set(name, rules);
  }
  for (const rules of byName.values()) rules.sort((a, b) => byVersion(b.version ?? '', a.version ?? ''));
  return byName;
}

function ruleFor(value: unknown, rules: readonly VersionedRule[]): Rule | undefined {
  const named = isObject(value) ? [value.schema_version, value.version] : [];
  const chosen = named.map((version) => rules.find((rule) => rule.version === plain(version, rule.version)));
  return (chosen.find((rule) => rule !== undefined) ?? rules[0])?.rule;
}

/** The version that an event names, with the `v` that the file's name has or has not. */
function plain(version: unknown, ofFile: string | undefined): string | undefined {
  if (typeof version !== 'string' && typeof version !== 'number') return '';
  const text = String(version).replace(/^v(?=\d)/u, '');
  return ofFile?.startsWith('v') ? `v${text}` : text;
}

function unknownName(name: string, names: Iterable<string>): Problem {
  const meant = closest(name, names);
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
  const message = name === '' ? 'the event has no name' : `there is no schema for the event "${name}"${hint}`;
  return { pointer: '', rule: 'unknown_event', message };
}

/** One schema: a quick function for the many that are valid, and one that tells all for the others. */
class Rule {
  private quick: ValidateFunction | undefined;
  private thorough: ValidateFunction | undefined;

  constructor(
    private readonly compiler: Compiler,
    private readonly uri: string,
  ) {}

  accepts(value: unknown): boolean {
    this.quick ??= this.compiler.compile(this.uri, false);
    return this.quick(value);
  }

  problems(value: unknown, most: number): readonly Problem[] {
    this.thorough ??= this.compiler.compile(this.uri, true);
    this.compiler.redacted.length = 0;
    if (this.thorough(value)) return [];
    const { errors } = this.thorough;
    const redaction = redactionOf([...new Set(this.compiler.redacted)]);
    return tellProblems(errors ?? [], (node) => this.compiler.placeOf(node), {
      most,
      redaction,
      checkPart: this.compiler.partChecker(this.uri),
    });
  }
}

/** Compiles schemas of a catalog, each in the draft of its own file; what it refers to is read in that draft, too. */
export class Compiler {
  /** Pointers of what must not be told, gathered by the thorough functions while they run. */
  readonly redacted: string[] = [];
  private readonly files: ReadonlyMap<string, CatalogFile>;
  private readonly engines = new Map<string, Ajv>();
  private places: ReadonlyMap<unknown, string> | undefined;
  private references: ReadonlyMap<unknown, string> | undefined;

  constructor(private readonly catalog: Pick<Catalog, 'files'>) {
    this.files = new Map(catalog.files.map((file) => [file.uri, file]));
  }

  /** @throws UsageError `bad_schema` when ajv cannot make sense of it, `dangerous_pattern` for a pattern that could hang. */
  compile(uri: string, isThorough: boolean): ValidateFunction {
    const file = this.files.get(uri);
    try {
      const validate = this.engine(file?.dialect ?? '2020-12', isThorough).getSchema(uri);
      if (validate !== undefined) return validate;
    } catch (cause) {
      const isDangerous = cause instanceof UsageError && cause.code === 'dangerous_pattern';
      const code = isDangerous ? cause.code : 'bad_schema';
      throw new UsageError(`${file?.path}: ${this.reasonOf(cause)}`, { code, cause });
    }
    throw new Error(`the catalog holds no ${uri}`);
  }

  /** File and pointer of a schema object of the catalog. */
  placeOf(node: unknown): string | undefined {
    this.places ??= new Map(this.catalog.files.flatMap(placesIn));
    return this.places.get(node);
  }

  /** Asks single schema objects, in the draft of the schema with this URI. */
  partChecker(uri: string): CheckPart {
    const engine = this.engine(this.files.get(uri)?.dialect ?? '2020-12', true);
    return (node, value, instancePath) => {
      if (node === false) return [falseSchema(instancePath)];
      const reference = this.referenceTo(node);
      const validate = reference === undefined ? undefined : engine.getSchema(reference);
      if (validate === undefined) return undefined;
      const context = { instancePath, parentData: {}, parentDataProperty: '', rootData: {}, dynamicAnchors: {} };
      return validate(value, context) === true ? [] : (validate.errors ?? []);
    };
  }

  private referenceTo(node: unknown): string | undefined {
    this.references ??= new Map(this.catalog.files.flatMap(referencesIn));
    return this.references.get(node);
  }

  private engine(dialect: Dialect, isThorough: boolean): Ajv {
    const key = `${dialect} ${isThorough}`;
    const known = this.engines.get(key);
    if (known !== undefined) return known;
    const engine = createAjv(dialect, isThorough);
    addLargeObjects(engine, (node) => {
      const reference = this.referenceTo(node);
      return reference === undefined ? undefined : engine.getSchema(reference);
    });
    if (isThorough) addRedaction(engine, (pointer) => this.redacted.push(pointer));
    // A schema of a catalog is an object or a boolean: the loader has refused everything else.
    for (const { uri, schema } of this.catalog.files) engine.addSchema(schema as object, uri);
    this.engines.set(key, engine);
    return engine;
  }

  private reasonOf(cause: unknown): string {
    if (cause instanceof RangeError) return tooDeep(this.catalog.files);
    const reason = cause instanceof Error ? cause.message : String(cause);
    return reason.replace(/respool:\/\/schema\/\d+/gu, (uri) => this.files.get(uri)?.path ?? uri);
  }
}

/** Why compiling, or checking anything at all, has filled the stack. */
export function tooDeep(files: readonly { readonly schema: unknown }[]): string {
  const hasReferences = files.some(({ schema }) => /"\$(?:ref|dynamicRef|recursiveRef)"/u.test(JSON.stringify(schema)));
  if (hasReferences) return 'its references lead in a circle that never reaches a rule';
  return 'it is nested too deep, or has too many alternatives in one list (some thousands), to be compiled';
}

function placesIn({ path, schema, uri, dialect }: CatalogFile): (readonly [unknown, string])[] {
  return [...schemaNodes(schema, uri, dialect)].map((place) => [place.node, path + placeOf(place.path)]);
}

function referencesIn({ schema, uri, dialect }: CatalogFile): (readonly [unknown, string])[] {
  return [...schemaNodes(schema, uri, dialect)].map(({ node, path }) => {
    const tokens = path.map((token) => encodeURIComponent(token.replaceAll('~', '~0').replaceAll('/', '~1')));
    return [node, tokens.length === 0 ? uri : `${uri}#/${tokens.join('/')}`];
  });
}
