import { RespoolError } from '../errors.js';
import { type Forecast, forecast } from '../flow/forecast.js';
import { openPreparePool } from '../flow/prepare/pool.js';
import { worstExitCode } from '../report/exit-code.js';
import { parseOutputs, printOutputs } from '../report/output.js';
import type { Plan } from '../report/plan.js';
import { planRenderers } from '../report/plan-renderers.js';
import type { Progress } from '../report/progress.js';
import type { Invocation } from './command.js';
import { type OpenReplay, openReplay } from './replay-open.js';
import type { ReplayOptions } from './replay-options.js';
import { fieldsUsed, problemsOf, warningsOf } from './replay-report.js';
import { threadsFor } from './threads.js';
import { countRefused } from './too-many-rejected.js';

type Call = Invocation<ReplayOptions>;

/** Carries out `respool replay --dry-run`: reads everything, touches nothing, prints the plan. */
export async function runPlan(call: Call, progress: Progress): Promise<number> {
  const { options, io, stop } = call;
  const outputs = parseOutputs(options.output, ['table', 'json', 'markdown']);
  const startedMs = performance.now();
  await using open = await openReplay(call);
  await using pool = await openPreparePool(open.spec, threadsFor(open, options));
  const { source, sinks } = open;
  const found = await forecast({ source, sinks, pool, limit: options.limit, signal: stop.finish });
  const plan = planOf(call, { open, found, elapsedMs: performance.now() - startedMs });
  progress.stop();
  await printOutputs({ value: plan, outputs, renderers: planRenderers }, io);
  return plan.exitCode;
}

interface Ending {
  readonly open: OpenReplay;
  readonly found: Forecast;
  readonly elapsedMs: number;
}

function planOf(call: Call, { open, found, elapsedMs }: Ending): Plan {
  const { options } = call;
  const { accounts, names, days } = found;
  const { read, undecodable, filtered, invalid } = accounts;
  return {
    planVersion: 1,
    command: 'replay',
    exitCode: exitCodeOf(call, found),
    files: filesOf(open, found),
    read,
    undecodable,
    filtered,
    invalid,
    ...repairsOf(found, options.repair !== undefined),
    deliverable: read + accounts.added - undecodable - filtered - invalid - accounts.dropped,
    fields: fieldsUsed(open),
    names: [...names].map(([name, events]) => ({ name, events })).toSorted((a, b) => b.events - a.events),
    days: [...days].map(([day, events]) => ({ day, events })),
    sinks: open.sinks.map((sink) => ({
      name: sink.name,
      label: sink.label,
      partitions: [],
      ...sink.describe(),
      refused: accounts.sinks.find(({ label }) => label === sink.label)?.rejected ?? 0,
    })),
    problems: problemsOf(open, accounts),
    notes: open.source.notes ?? [],
    warnings: [...warningsOf(call, { open, accounts }), ...found.failures.map(({ error }) => error.message)],
    elapsedMs: Math.round(elapsedMs),
  };
}

function repairsOf({ accounts, repairs }: Forecast, isRepairing: boolean): Partial<Plan> {
  if (!isRepairing) return {};
  const text = (json: Uint8Array) => Buffer.from(json).toString();
  const planned = [...repairs].map(([rule, { events, examples }]) => ({
    rule,
    events,
    examples: examples.map(({ at, repair: { id, original, results } }) => ({
      at,
      id,
      before: text(original),
      after: results.map(text),
    })),
  }));
  const { repaired, added, dropped } = accounts;
  return { repaired, added, dropped, repairs: planned.toSorted((a, b) => b.events - a.events) };
}

function filesOf({ source }: OpenReplay, { parts, formats }: Forecast): Plan['files'] {
  return source.parts.map(({ label, bytes }, at) => {
    const format = formats.get(at);
    return {
      path: label,
      ...(format !== undefined && { format }),
      ...(bytes !== undefined && { bytes }),
      events: parts[at] ?? 0,
    };
  });
}

function exitCodeOf({ options, stop }: Call, { accounts, failures }: Forecast): number {
  const codes = failures.map(({ error }) => (error instanceof RespoolError ? error.exitCode : 2));
  if (stop.finish.aborted) codes.push(stop.exitCode ?? 130);
  if (countRefused(accounts) > 0) codes.push(1);
  if (options.minEvents !== undefined && accounts.read < options.minEvents) codes.push(1);
  return worstExitCode(codes);
}
