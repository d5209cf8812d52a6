import { openLedgerView } from '../flow/ledger/view.js';
import { findQuarantined } from '../flow/quarantine-search.js';
import { listRuns } from '../flow/state/runs.js';
import type { Invocation } from './command.js';
import { printListing } from './listing-options.js';
import type { TraceOptions } from './trace.js';

/** One thing that happened to the event. */
interface Step {
  readonly run: string;
  readonly startedAt?: string;
  readonly source: string;
  /** Absent where no sink was asked. */
  readonly sink?: string;
  readonly state: string;
  readonly detail: string;
}

/** Tells what is known of one event. */
export async function runTrace({ args, options, io, stop }: Invocation<TraceOptions>): Promise<number> {
  const [id = ''] = args;
  const { ledger, stateDir } = options;
  await using view = await openLedgerView(ledger, { stateDir, env: io.env, signal: stop.now, access: 'read' });
  const steps: Step[] = [];
  for (const { sink, state, writer, part, offset } of (await view?.find(id)) ?? []) {
    const source = writer?.source ?? '';
    const about = writer && { startedAt: writer.startedAt };
    steps.push({ run: writer?.run ?? '', ...about, source, sink, state, detail: `part ${part}, offset ${offset}` });
  }
  for (const { record } of await listRuns(stateDir)) {
    for (const { kind, sink, source, problems } of await findQuarantined(record.quarantine, id, record.id)) {
      steps.push({
        run: record.id,
        startedAt: record.startedAt,
        source: `${source.part}:${source.line}`,
        ...(sink !== undefined && { sink }),
        state: `quarantined: ${kind}`,
        detail: problems.map(({ code, message }) => `${code}: ${message}`).join('; '),
      });
    }
  }
  steps.sort((a, b) => a.run.localeCompare(b.run));
  const listing = {
    title: steps.length === 0 ? `Nothing is known of event ${id}` : `Event ${id}`,
    head: ['run', 'sink', 'state', 'source', 'detail'],
    rows: steps.map(({ run, sink = '', state, source, detail }) => [run, sink, state, source, detail]),
    notes: steps.length === 0 ? ['Postgres sinks are their own ledger: query the table'] : [],
  };
  await printListing({ value: { id, steps }, listing, output: options.output }, io);
  return steps.length === 0 ? 1 : 0;
}
