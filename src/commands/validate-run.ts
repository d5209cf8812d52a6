import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { resolveSource } from '../config/resolve.js';
import { UsageError } from '../errors.js';
import { chooseFields, type Fields } from '../event/fields.js';
import { parseSplitPointer } from '../event/locate.js';
import { parsePointer } from '../event/pointer.js';
import { peek } from '../flow/peek.js';
import { parseOutputs, printOutputs } from '../report/output.js';
import type { Progress } from '../report/progress.js';
import { VALIDATE_FORMATS, validateRenderers } from '../report/validate-renderers.js';
import type { ValidateReport } from '../report/validate-report.js';
import { writeWhole } from '../report/write-whole.js';
import { type Catalog, loadCatalog } from '../schema/catalog.js';
import { cellTypes } from '../schema/cell-types.js';
import { impossibleSchemas } from '../schema/impossible.js';
import { openSource } from '../sources/open.js';
import type { Source } from '../sources/source.js';
import { type Fixtures, readFixtures } from '../validate/fixtures.js';
import { openExaminerPool } from '../validate/pool.js';
import type { Summary } from '../validate/summary.js';
import { type ValidationOutcome, validate } from '../validate/validate.js';
import type { Invocation } from './command.js';
import { saidOfFields } from './schema-option.js';
import { threadsFor } from './threads.js';
import { unwrapperFor } from './unwrap-option.js';
import type { ValidateOptions } from './validate.js';
import { joinJudgements, NOTHING } from './validate-judgement.js';
import { type Judged, reportOf } from './validate-report.js';
import { withProgress } from './with-progress.js';

type Call = Invocation<ValidateOptions>;

const PROGRESS_EVERY_MS = 200;
const FEW = 100;
/** Milliseconds since the process began; `performance` would have to be loaded first. */
const now = () => process.uptime() * 1_000;

/**
 * Carries out `respool validate` and resolves to its exit code.
 * @throws RespoolError with what the user does next.
 */
export async function runValidate(call: Call): Promise<number> {
  const { options, io } = call;
  const outputs = parseOutputs(options.output, VALIDATE_FORMATS);
  const report = await withProgress(call, (progress) => examine(call, progress));
  await printOutputs({ value: report, outputs, renderers: validateRenderers }, io);
  return report.exitCode;
}

async function examine(call: Call, progress: Progress): Promise<ValidateReport> {
  const { options } = call;
  const startedMs = now();
  refusePatternsAlone(options);
  const catalog = await openCatalog(options);
  await emitTypes(call, catalog);
  const lint = await oddSchemas(call, catalog);
  const isAboutSchemas = [options.against, options.before, options.emitTypes].some((option) => option !== undefined);
  const isWithoutEvents = isAboutSchemas && call.args.length === 0 && options.fixtures.length === 0;
  const evolution = options.before === undefined ? undefined : await import('./validate-evolution.js');
  const before = await evolution?.readBefore(call);
  const safety = options.against === undefined ? undefined : await import('./validate-table.js');
  const table = await safety?.readAgainst(call);
  const judge = async (known: { readonly fields?: Fields; readonly summary?: Summary }) =>
    joinJudgements([
      (await safety?.judgeTable(call, { table, catalog, ...known })) ?? NOTHING,
      (await evolution?.judgeEvolution(call, { before, catalog, ...known })) ?? NOTHING,
    ]);
  const opened = isWithoutEvents ? undefined : await openParts(call, catalog);
  if (opened === undefined) {
    const schemas = await judge({});
    return reportOf(call, { catalog, lint, files: 0, startedMs, fieldNotes: [], schemas, isWithoutEvents });
  }
  const split = options.split === undefined ? undefined : parseSplitPointer(options.split);
  const shape = { ...(split !== undefined && { split }), ...unwrapperFor(options.unwrap) };
  const { id, name, time, user } = options;
  const said = await saidOfFields(catalog);
  const flags = { id, name, time, user };
  const isAllNamed = (['id', 'name', 'time'] as const).every(
    (role) => (flags[role] ?? call.config.fields[role] ?? said.annotation[role]) !== undefined,
  );
  // What is named need not be found out.
  const peeked = await peek(opened, { ...shape, ...(isAllNamed && { enough: FEW }) }, call.stop.finish);
  await using source = peeked.source;
  const chosen = chooseFields({
    flags,
    config: call.config.fields,
    ...said,
    samples: peeked.samples,
  });
  for (const note of [...(source.notes ?? []), ...chosen.notes]) progress.detail(note);
  const ranges = table && safety?.rangesOf(table.shape);
  const spec = {
    decoder: source.decoder,
    catalog,
    ...(before !== undefined && { before }),
    ...(ranges !== undefined && { partitions: ranges }),
    unknownEvent: options.unknownEvent,
    fields: chosen.fields,
    ...shape,
    mutates: options.mutate,
    maxProblems: options.maxProblems,
  };
  const fixtures = fixturesOf(options, source);
  const jobs = options.jobs ?? availableParallelism();
  await using pool = await openExaminerPool(
    spec,
    threadsFor({ source, jobs, isWhole: peeked.isWhole }, { identical: 'merge' }),
  );
  const outcome: ValidationOutcome = await validate({
    source,
    pool,
    expects: fixtures.expects,
    maxProblems: options.maxProblems,
    isPlain: !options.mutate && before === undefined && ranges === undefined && Object.keys(shape).length === 0,
    needsText: options.format === 'json',
    finish: call.stop.finish,
    onProgress: watch(source, progress, startedMs),
  });
  const schemas = await judge({ fields: chosen.fields, summary: outcome.summary });
  const judged: Judged = { catalog, lint, files: source.parts.length, startedMs, fieldNotes: chosen.warnings, schemas };
  return reportOf(call, { ...judged, outcome, source, fixtures });
}

async function openCatalog(options: ValidateOptions): Promise<Catalog> {
  const { schema, schemaMap: mappings, keyword: keywords } = options;
  // Only what is held against other schemas needs a fingerprint.
  const isFingerprinted = options.before !== undefined;
  if (schema !== undefined) return loadCatalog(schema, { mappings, keywords, ambiguity: 'warned', isFingerprinted });
  throw new UsageError('there is nothing to check against: no schema is named', {
    code: 'no_schema',
    hint: 'add --schema <file or folder>',
  });
}

function refusePatternsAlone({ fixtures, validPattern, invalidPattern }: ValidateOptions): void {
  if (fixtures.length > 0 || validPattern.length + invalidPattern.length === 0) return;
  const flag = validPattern.length > 0 ? '--valid-pattern' : '--invalid-pattern';
  throw new UsageError(`${flag} needs --fixtures <folder>`, { code: 'missing_option', hint: 'name the folder' });
}

function fixturesOf({ fixtures, validPattern, invalidPattern }: ValidateOptions, { parts }: Source): Fixtures {
  const patterns = { valid: validPattern, invalid: invalidPattern };
  return readFixtures({ words: fixtures, patterns, paths: parts.map(({ label }) => label) });
}

/** What is odd in the schemas: what was seen as they were read, and those that nothing can match. */
async function oddSchemas({ options, config }: Call, catalog: Catalog): Promise<readonly string[]> {
  const name = options.name ?? config.fields.name ?? catalog.annotation.name;
  const pointer = name === undefined ? undefined : name.startsWith('/') ? parsePointer(name) : [name];
  return [...catalog.warnings, ...impossibleSchemas(catalog, pointer)];
}

async function emitTypes({ options, io }: Call, catalog: Catalog): Promise<void> {
  if (options.emitTypes === undefined) return;
  const { renderTypes, topLevelField } = await import('../schema/typescript.js');
  const nameField = topLevelField(options.name ?? catalog.annotation.name);
  await writeWhole(resolve(io.cwd, options.emitTypes), await renderTypes(catalog, nameField));
}

/** Resolves to undefined when folders and patterns hold no file at all: an empty gate is a finding, not a mistake. */
async function openParts(call: Call, catalog: Catalog): Promise<Source | undefined> {
  const { args, config, options, io } = call;
  const { format, columns, delimiter, quote, brotli, fixtures, split } = options;
  const words = [...args.map((word) => resolveSource(word, config).url), ...fixtures];
  try {
    return await openSource(words, {
      ...(format !== undefined && { format, keepsArrays: split === undefined }),
      ...(columns !== undefined && { columns }),
      ...(delimiter !== undefined && { delimiter }),
      ...(quote !== undefined && { quote: quote ?? '' }),
      brotli,
      env: io.env,
      cellTypes: cellTypes(catalog),
    });
  } catch (error) {
    if (error instanceof UsageError && error.code === 'no_files') return undefined;
    throw error;
  }
}

function watch({ parts }: Source, progress: Progress, startedMs: number) {
  let bytesTotal: number | undefined;
  let shownMs = 0;
  return ({ events, storedBytes }: { readonly events: number; readonly storedBytes: number }) => {
    const nowMs = now();
    if (nowMs - shownMs < PROGRESS_EVERY_MS) return;
    shownMs = nowMs;
    bytesTotal ??= parts.reduce((sum, { bytes }) => sum + (bytes ?? Number.NaN), 0);
    const total = Number.isNaN(bytesTotal) ? {} : { bytesTotal };
    progress.update({ read: events, bytesRead: storedBytes, ...total, sinks: [], elapsedMs: nowMs - startedMs });
  };
}
