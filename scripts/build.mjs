// Bundles src/ into dist/, so that a command reads a few files at its start instead of hundreds: npm run build.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = resolve(root, 'src');
const { dependencies } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));

/** Modules that describe options, for help as well as for a run. */
const OPTIONS = readdirSync(resolve(src, 'commands'))
  .filter((name) => /-(?:options|values)\.ts$/u.test(name))
  .map((name) => `commands/${name.slice(0, -3)}`);

/** What is opened by its path: the command line, the library, and what tests and benchmarks take from `dist/`. */
const ENTRIES = [
  'cli/main',
  'index',
  'cli/signals',
  'event/id-hash',
  'flow/ledger/lmdb/entry',
  'flow/ledger/lmdb/lmdb-ledger',
];

/**
 * Modules that are always loaded together, with all that they import, stand in one file; all others in as many as it takes
 * to load nothing that is not needed. `cli/main` is not among them: it awaits what they import.
 */
const GROUPS = [
  ['start', ['cli/program', 'cli/print-error', 'cli/error-report', 'cli/signals']],
  ['options', [...OPTIONS, 'event/exact', 'report/output']],
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
  input: Object.fromEntries(ENTRIES.map((name) => [name, resolve(src, `${name}.ts`)])),
  platform: 'node',
  external: [/^node:/, ...Object.keys(dependencies).map((name) => new RegExp(`^${name}(/|$)`))],
  plugins: [modulesByUrl(), modulesAtHand(), asciiOnly()],
  // The oldest Node that is supported knows no `await using`.
  transform: { target: 'es2023' },
  treeshake: { moduleSideEffects: false },
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
    groups: GROUPS.map(([name, modules], at) => ({
      name,
      test: (id) => modules.some((module) => id === resolve(src, `${module}.ts`)),
      priority: GROUPS.length - at,
    })),
  },
});
await bundle.close();

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
