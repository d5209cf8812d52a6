import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { resolveSource } from '../config/resolve.js';
import { RespoolError } from '../errors.js';
import { chooseFields } from '../event/fields.js';
import { parseSplitPointer } from '../event/locate.js';
import { peek } from '../flow/peek.js';
import { openPreparePool } from '../flow/prepare/pool.js';
import { parseOutputs, printOutputs } from '../report/output.js';
import { triageRenderers } from '../report/triage-renderers.js';
import { openSource } from '../sources/open.js';
import type { Source } from '../sources/source.js';
import { openExport } from '../triage/export.js';
import { triage } from '../triage/triage.js';
import type { Invocation } from './command.js';
import { openCatalog, saidOfFields } from './schema-option.js';
import { threadsFor } from './threads.js';
import type { TriageOptions } from './triage.js';
import { triageReport } from './triage-report.js';
import { fetchesBodies, unwrapperFor } from './unwrap-option.js';

type Call = Invocation<TriageOptions>;

/**
 * Carries out `respool triage` and resolves to its exit code.
 * @throws RespoolError with what the user does next.
 */
export async function runTriage(call: Call): Promise<number> {
  const { options, io, stop } = call;
  const outputs = parseOutputs(options.output, ['table', 'json', 'html']);
  const startedMs = performance.now();
  const opened = await openLetters(call);
  const split = options.split === undefined ? undefined : parseSplitPointer(options.split);
  const shape = { ...(split !== undefined && { split }), ...unwrapperFor(options.unwrap) };
  const { catalog, check } = await openCheck(options);
  const peeked = await peek(opened, shape, stop.finish).catch(async (error: unknown) => {
    await opened[Symbol.asyncDispose]();
    throw error;
  });
  await using source = peeked.source;
  const { id, name, time, user } = options;
  const { fields } = chooseFields({
    flags: { id, name, time, user },
    config: call.config.fields,
    ...(await saidOfFields(catalog)),
    samples: peeked.samples,
  });
  const spec = {
    decoder: source.decoder,
    ...shape,
    fields,
    timezone: 'UTC',
    identical: 'merge',
    filter: { events: [] },
    ...check,
    encoders: [],
  } as const;
  await using pool = await openPreparePool(spec, threadsFor({ source, jobs: cpus().length }, { identical: 'merge' }));
  const path = options.export;
  await using letters =
    path === undefined ? undefined : await openExport(resolve(io.cwd, path), source, options.signature);
  const found = await triage({
    source,
    pool,
    limit: options.limit,
    signal: stop.finish,
    onBatch: letters && ((batch, lines) => letters.take(batch, lines)),
  });
  const codes = found.failures.map(({ error }) => (error instanceof RespoolError ? error.exitCode : 2));
  const exitCode = stop.finish.aborted ? (stop.exitCode ?? 130) : Math.max(0, ...codes);
  const report = triageReport({
    source,
    found,
    options,
    exitCode,
    exported: letters && path !== undefined ? { path, letters: letters.letters } : undefined,
    elapsedMs: performance.now() - startedMs,
    nowMs: Date.now(),
    call,
  });
  await printOutputs({ value: report, outputs, renderers: triageRenderers }, io);
  return exitCode;
}

/** Opens the source to be looked at only. */
function openLetters({ args, config, options, io }: Call): Promise<Source> {
  const { format, columns, delimiter, quote, brotli } = options;
  return openSource(
    args.map((word) => resolveSource(word, config).url),
    {
      ...(format !== undefined && { format }),
      ...(columns !== undefined && { columns }),
      ...(delimiter !== undefined && { delimiter }),
      ...(quote !== undefined && { quote: quote ?? '' }),
      brotli,
      fetchesBodies: fetchesBodies(options.unwrap),
      dryRun: true,
      env: io.env,
    },
  );
}

async function openCheck(options: TriageOptions) {
  const catalog = await openCatalog(options);
  if (catalog === undefined) return { catalog, check: {} };
  return { catalog, check: { schema: { catalog, unknownEvent: options.unknownEvent } } };
}
