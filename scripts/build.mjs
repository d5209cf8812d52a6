// Bundles src/ into dist/, so that a command reads a few files at its start instead of hundreds: npm run build.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = resolve(root, 'src');
const { dependencies } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));

const FACADE = '\0facade:';

/** Modules that describe options, for help as well as for a run. */
const OPTIONS = readdirSync(resolve(src, 'commands'))
  .filter((name) => /-(?:options|values)\.ts$/u.test(name))
  .map((name) => `commands/${name.slice(0, -3)}`);

/** What is opened by its path: the command line and the library. */
const ENTRIES = ['cli/main', 'index'];

/** Modules that tests and benchmarks open by their paths in `dist/`. */
const PARTS = ['cli/signals', 'event/id-hash', 'flow/ledger/lmdb/entry', 'flow/ledger/lmdb/lmdb-ledger'];

/** Modules of Node that take a millisecond or two to load. */
const SLOW = ['node:fs/promises', 'node:module'];

/**
 * Modules that few runs need, or none but those in which something is wrong: their file is loaded when one of them is first
 * used. None of them does anything as it is loaded, nor has what it needs of others at that time.
 */
const LATER = [
  [
    'reading',
    [
      'event/rows/cell-writer',
      'event/rows/csv-dialect',
      'event/rows/csv-rows',
      'event/rows/json-number',
      'event/rows/row-builder',
      'event/rows/row-text',
      'sources/dump/byte-reader',
      'sources/dump/cannot-read',
      'sources/dump/csv',
      'sources/dump/csv-header',
      'sources/dump/cut',
      'sources/dump/cut-points',
      'sources/dump/decompress',
      'sources/dump/detect-delimiter',
      'sources/dump/fingerprint',
      'sources/dump/inflate',
      'sources/dump/json',
      'sources/dump/json-findings',
      'sources/dump/json-pass',
      'sources/dump/json-scanner',
      'sources/dump/json-state',
      'sources/dump/ndjson',
      'sources/dump/open-slice',
      'sources/dump/open-splitter',
      'sources/dump/part',
      'sources/dump/salvage',
      'sources/dump/slices',
      'sources/dump/splitter',
      'sources/dump/spool',
      'sources/dump/streamed-file',
      'sources/dump/text',
      'sources/dump/window',
      'sources/dump/zstd',
    ],
  ],
  [
    'seldom',
    [
      'event/canonical',
      'event/canonical-number',
      'event/exact',
      'event/json-problems',
      'event/json-syntax',
      'event/json-tokens',
      'event/locate',
      'flow/prepare/inner-text',
      'flow/prepare/occurrences',
      'flow/prepare/refusals',
      'flow/prepare/unwrapping',
      'flow/state/durable',
      'flow/thread-pool',
      'report/write-whole',
      'schema/ajv',
      'schema/alternatives',
      'schema/date-time',
      'schema/large-objects',
      'schema/linear-pattern',
      'schema/messages',
      'schema/problems',
      'schema/redaction',
      'schema/schema-map',
      'schema/versions',
      'sources/letter',
      'sources/told-by-body',
    ],
  ],
];

/**
 * Modules that are always loaded together, with all that they import, stand in one file; all others in as many as it takes
 * to load nothing that is not needed. `cli/main` is not among them: it awaits what they import.
 */
const GROUPS = [
  ['start', ['event/pointer', 'cli/program', 'cli/print-error', 'cli/error-report', 'cli/signals']],
  [
    'options',
    ['commands/dump-options', 'commands/shared-options', 'commands/unwrap-option', 'commands/values', 'report/output'],
  ],
  ['more-options', [...OPTIONS, 'event/exact']],
  [
    'events',
    [
      'sources/open',
      'flow/peek',
      'flow/prepare/identify',
      'flow/prepare/quick-path',
      'flow/prepare/unwrapping',
      'schema/catalog',
      'schema/cell-types',
      'schema/compile',
      'commands/schema-option',
      'commands/threads',
      'commands/with-progress',
      'report/sections',
    ],
  ],
  ['validate', ['commands/validate-run', 'validate/examiner']],
  ['prepare', ['flow/prepare/pool', 'flow/prepare/preparer']],
  ['replay', ['commands/replay-run']],
];

rmSync(resolve(root, 'dist'), { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries([
    ...ENTRIES.map((name) => [name, resolve(src, `${name}.ts`)]),
    ...PARTS.map((name) => [name, FACADE + name]),
  ]),
  platform: 'node',
  external: [/^node:/, ...Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`))],
  plugins: [facades(), modulesByUrl(), modulesAtHand(), loadedLater(), asciiOnly()],
  // The oldest Node that is supported knows no `await using`.
  transform: { target: 'es2023' },
  treeshake: { moduleSideEffects: false },
  // As it has to be where a group leaves out what its modules import.
  preserveEntrySignatures: 'allow-extension',
  onLog: (level, log) => {
    // A module may be asked for later and be at hand already.
    if (log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT' && level !== 'debug' && level !== 'info')
      throw new Error(log.message);
  },
});
await bundle.write({
  dir: resolve(root, 'dist'),
  // Node 20 loads these in less time than ES modules, and may do without its loader for those.
  format: 'cjs',
  strict: true,
  entryFileNames: '[name].cjs',
  chunkFileNames: 'chunks/[name]-[hash].cjs',
  comments: { jsdoc: false },
  sourcemap: true,
  sourcemapExcludeSources: true,
  codeSplitting: {
    groups: [
      ...LATER.map(([name, modules]) => ({ ...group(name, modules), includeDependenciesRecursively: false })),
      ...GROUPS.map(([name, modules]) => group(name, modules)),
    ].map((group, at, { length }) => ({ ...group, priority: length - at })),
  },
});
await bundle.close();

/** Each of `PARTS` has a file of its own, which holds nothing but the names of what stands elsewhere. */
function facades() {
  return {
    name: 'facades',
    resolveId: (id) => (id.startsWith(FACADE) ? id : undefined),
    load: (id) =>
      id.startsWith(FACADE)
        ? `export * from ${JSON.stringify(resolve(src, `${id.slice(FACADE.length)}.ts`))};`
        : undefined,
  };
}

function group(name, modules) {
  const ids = new Set(modules.map((module) => resolve(src, `${module}.ts`)));
  return { name, test: (id) => ids.has(id) };
}

/** Workers, decoders and encoders are named as `new URL('./x.js', import.meta.url)`: each becomes a file of its own, and the URL leads to it. */
function modulesByUrl() {
  const handler = function (code, id) {
    const named = code.replace(/new URL\('(\.[^']+)\.js', import\.meta\.url\)/gu, (_, path) => {
      const module = resolve(dirname(id), `${path}.ts`);
      const fileName = relative(src, module).replace(/ts$/u, 'cjs');
      return `new URL(import.meta.ROLLUP_FILE_URL_${this.emitFile({ type: 'chunk', id: module, fileName })})`;
    });
    // Lines stay where they are, which is what source maps are for.
    return { code: named, map: null };
  };
  return { name: 'modules-by-url', transform: { filter: { code: 'import.meta.url' }, handler } };
}

/** What is loaded by its URL is one of our own modules, and these are loaded by `require`. */
function modulesAtHand() {
  const module = resolve(src, 'load-module.ts');
  const handler = (code) => ({
    code: code.replace('import(url)', "require(process.getBuiltinModule('node:url').fileURLToPath(url))"),
    map: null,
  });
  return { name: 'modules-at-hand', transform: { filter: { id: module }, handler } };
}

/** Loads the files of `LATER`, and what of Node takes its time, where they are first used, not where they are named. */
function loadedLater() {
  const files = LATER.map(([name]) => name).join('|');
  const named = `[./\\w]*/(?:${files})-[^"]+|${SLOW.join('|')}`;
  const required = new RegExp(`^(?:const|let) (\\w+) = (require\\("(?:${named})"\\));$`, 'gmu');
  return {
    name: 'loaded-later',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== 'chunk') continue;
        const names = [...file.code.matchAll(required)].map(([, name]) => name);
        if (names.length === 0) continue;
        file.code = file.code
          .replace(required, 'let $1_; const $1 = () => ($1_ ??= $2);')
          .replace(new RegExp(`\\b(${names.join('|')})\\.`, 'gu'), '($1()).');
      }
    },
  };
}

/** Characters beyond ASCII are written as escapes: V8 holds such a text in half the memory, and reads it faster. They stand in literals alone. */
function asciiOnly() {
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return {
    name: 'ascii-only',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle))
        if (file.type === 'chunk') file.code = file.code.replace(/[^\0-\x7f]/g, escaped);
    },
  };
}
