import type { PartFailure, RawBatch, Source } from '../sources/source.js';
import type { BatchFindings, Expectation } from './examination.js';
import type { ExaminerPool } from './pool.js';
import { Summary } from './summary.js';

/** One invocation of `validate`: everything is open, and the events can be examined. */
export interface Validation {
  /** Its batches end when the user stops the run, also where a read hangs. */
  readonly source: Source;
  readonly pool: ExaminerPool;
  /** What the events of a part should be. */
  readonly expects: (part: string) => Expectation;
  /** So many problems are told in full. */
  readonly maxProblems: number;
  /** Whether a part without any JSON text is undecodable instead of empty. */
  readonly needsText: boolean;
  /** The first Ctrl-C. */
  readonly finish: AbortSignal;
  /** Told after each batch. */
  readonly onProgress: (seen: { readonly events: number; readonly storedBytes: number }) => void;
}

/** What `validate` has seen. */
export interface ValidationOutcome {
  readonly summary: Summary;
  readonly failures: readonly PartFailure[];
  readonly isStopped: boolean;
}

/** Examines every batch of the source on all threads and adds up what is found, in the order of the source. */
export async function validate(job: Validation): Promise<ValidationOutcome> {
  const summary = new Summary(job.maxProblems);
  const failures: PartFailure[] = [];
  const stored = new Map<number, number>();
  let storedBytes = 0;
  for await (const item of examineInOrder(job)) {
    if (item.kind === 'failure') {
      failures.push(item);
      continue;
    }
    const { raw, findings } = item;
    const label = job.source.parts[raw.part]?.label ?? '';
    summary.add({ part: raw.part, label, expects: job.expects(label), findings, raw });
    storedBytes += raw.storedBytes - (stored.get(raw.part) ?? 0);
    stored.set(raw.part, raw.storedBytes);
    job.onProgress({ events: summary.events, storedBytes });
  }
  if (job.needsText && !job.finish.aborted) addEmptyParts(job, summary, new Set(failures.map(({ part }) => part)));
  return { summary, failures, isStopped: job.finish.aborted };
}

/** One JSON text a file: a file without one is not as it should be. */
function addEmptyParts({ source, expects }: Validation, summary: Summary, failed: ReadonlySet<number>): void {
  for (const [part, { label }] of source.parts.entries()) {
    if (failed.has(part) || summary.hasEventsOf(part)) continue;
    const problem = { code: 'no_json_text', message: 'the file holds no JSON text', offset: 0, line: 0 };
    summary.add({
      part,
      label,
      expects: expects(label),
      findings: undefined,
      raw: { lines: 0, undecodable: [problem] },
    });
  }
}

type RawRest = Pick<RawBatch, 'part' | 'undecodable' | 'storedBytes' | 'lines'>;
type Examined = { readonly kind: 'examined'; readonly raw: RawRest; readonly findings: BatchFindings } | PartFailure;

async function* examineInOrder({ source, pool, expects, finish }: Validation): AsyncGenerator<Examined> {
  const underWay: Promise<Examined>[] = [];
  for await (const item of source.batches([], finish)) {
    underWay.push(item.kind === 'failure' ? Promise.resolve(item) : examine(item));
    // One batch more than there are threads, so that no thread waits for the reader.
    while (underWay.length > pool.threads + 1) yield* first(underWay);
  }
  while (underWay.length > 0) yield* first(underWay);

  function examine(raw: RawBatch): Promise<Examined> {
    const { format, bytes, spans, spanLines, part, lines, undecodable, storedBytes } = raw;
    const columns = spans === undefined ? undefined : { spans, ...(spanLines && { spanLines }) };
    const expected = expects(source.parts[part]?.label ?? '');
    // What is kept of the batch while it is examined: not its bytes, which go to another thread.
    const rest = { part, undecodable, storedBytes, ...(lines !== undefined && { lines }) };
    const examined = pool
      .examine({ format, bytes, ...columns, expects: expected })
      .then((findings) => ({ kind: 'examined' as const, raw: rest, findings }));
    // Whoever awaits it in its turn hears of a failure; until then it is not unhandled.
    examined.catch(() => undefined);
    return examined;
  }
}

async function* first(underWay: Promise<Examined>[]): AsyncGenerator<Examined> {
  const next = underWay.shift();
  if (next !== undefined) yield await next;
}
