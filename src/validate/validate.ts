import { handfulsOf } from '../sources/handfuls.js';
import type { Handful, PartFailure, RawBatch, Source } from '../sources/source.js';
import type { BatchFindings, ExaminationInput, Expectation } from './examination.js';
import { isAllWell, jointInput, type LoneBatches, loneBatches } from './joint.js';
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
  /** Whether valid events are only counted: no mutants, no table, no schemas as they were, and a record is an event. */
  readonly isPlain: boolean;
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
  const sum = new Sum(job);
  for await (const handful of examineInOrder(job)) sum.add(handful);
  const { summary, failures } = sum;
  if (job.needsText && !job.finish.aborted) addEmptyParts(job, summary, new Set(failures.map(({ part }) => part)));
  return { summary, failures, isStopped: job.finish.aborted };
}

/** What has been seen so far. */
class Sum {
  readonly summary: Summary;
  readonly failures: PartFailure[] = [];
  private part = -1;
  private storedBefore = 0;
  private storedOfPart = 0;

  constructor(private readonly job: Validation) {
    this.summary = new Summary(job.maxProblems);
  }

  add(examined: Examined): void {
    if (examined.kind === 'joint') this.addJoint(examined);
    else this.addEach(examined);
    this.job.onProgress({ events: this.summary.events, storedBytes: this.storedBefore + this.storedOfPart });
  }

  private addEach({ rest, findings }: EachExamined): void {
    let at = 0;
    for (const item of rest) {
      if (item.kind === 'failure') this.failures.push(item);
      else this.addBatch(item, findings[at++]);
    }
  }

  private addJoint({ batches, findings }: JointlyExamined): void {
    for (const batch of batches) this.turnTo(batch);
    this.summary.addJoint(batches, findings);
  }

  private addBatch(raw: RawRest, findings: BatchFindings | undefined): void {
    const { source, expects } = this.job;
    const { part } = raw;
    const label = source.parts[part]?.label ?? '';
    this.summary.add({ part, label, expects: expects(label), findings, raw });
    this.turnTo(raw);
  }

  /** The batches of a part follow one another. */
  private turnTo({ part, storedBytes }: RawRest): void {
    if (part !== this.part) this.storedBefore += this.storedOfPart;
    this.part = part;
    this.storedOfPart = storedBytes;
  }
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

/** What is kept of a batch while it is examined: not its bytes, which go to another thread. */
type RawRest = Pick<RawBatch, 'kind' | 'part' | 'undecodable' | 'storedBytes' | 'lines'>;

type Examined = EachExamined | JointlyExamined;

interface EachExamined {
  readonly kind: 'each';
  readonly rest: readonly (RawRest | PartFailure)[];
  /** Of the batches, in their order. */
  readonly findings: readonly BatchFindings[];
}

/** Files of one valid event each. */
interface JointlyExamined {
  readonly kind: 'joint';
  readonly batches: LoneBatches;
  readonly findings: BatchFindings;
}

async function* examineInOrder({ source, pool, expects, finish, isPlain }: Validation): AsyncGenerator<Examined> {
  const underWay: Promise<Examined>[] = [];
  for await (const handful of handfulsOf(source, finish)) {
    const examined = examine(handful);
    // Whoever awaits it in its turn hears of a failure; until then it is not unhandled.
    examined.catch(() => undefined);
    underWay.push(examined);
    // One more than there are threads, so that no thread waits for the reader.
    while (underWay.length > pool.threads + 1) yield* first(underWay);
  }
  while (underWay.length > 0) yield* first(underWay);

  async function examine(handful: Handful): Promise<Examined> {
    return (isPlain && (await examineJointly(handful))) || examineEach(handful);
  }

  async function examineJointly(handful: Handful): Promise<JointlyExamined | undefined> {
    const batches = loneBatches(handful);
    if (batches === undefined || batches.some((batch) => expectationOf(batch) === 'invalid')) return undefined;
    const [findings] = await pool.examine([jointInput(batches)]);
    const isGood = findings !== undefined && isAllWell(findings, batches.length);
    return isGood ? { kind: 'joint', batches, findings } : undefined;
  }

  async function examineEach(handful: Handful): Promise<EachExamined> {
    const inputs: ExaminationInput[] = [];
    for (const item of handful) if (item.kind === 'batch') inputs.push(inputOf(item, expectationOf(item)));
    const rest = handful.map((item) => (item.kind === 'failure' ? item : restOf(item)));
    return { kind: 'each', rest, findings: await pool.examine(inputs) };
  }

  function expectationOf({ part }: RawBatch): Expectation {
    return expects(source.parts[part]?.label ?? '');
  }
}

function inputOf({ format, bytes, spans, spanLines }: RawBatch, expects: Expectation): ExaminationInput {
  if (spans === undefined) return { format, bytes, expects };
  return spanLines === undefined ? { format, bytes, spans, expects } : { format, bytes, spans, spanLines, expects };
}

function restOf({ kind, part, undecodable, storedBytes, lines }: RawBatch): RawRest {
  const rest = { kind, part, undecodable, storedBytes };
  return lines === undefined ? rest : { ...rest, lines };
}

async function* first(underWay: Promise<Examined>[]): AsyncGenerator<Examined> {
  const next = underWay.shift();
  if (next !== undefined) yield await next;
}
