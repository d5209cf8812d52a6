import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { SinkUnavailableError } from '../../errors.js';
import { createChecksum } from '../../event/id-hash.js';
import { statusAndWords } from '../http/answer.js';
import type { Sender } from '../http/sender.js';
import type { Delivery, Sink, Verdict } from '../sink.js';
import { type EventPoints, sendDistributions } from './distributions.js';
import { isStillTaken, type Measurement, type MeasureOptions, measure } from './measure.js';
import { halvesOf, metricOf, type SeriesBody, seriesBodies } from './series.js';
import { createTotals } from './totals.js';

interface MetricsSinkOptions {
  readonly label: string;
  readonly apiKey: string;
  /** For counts and gauges, which may be sent again. */
  readonly series: Sender;
  /** For distributions, which may not. */
  readonly points: Sender;
  readonly measuring: MeasureOptions;
  /** Whether the source holds all events of its seconds; otherwise a tag keeps its totals apart. */
  readonly isComplete: boolean;
  readonly selection: string | undefined;
  readonly scratch: string;
  readonly close: () => Promise<void>;
}

const compress = promisify(gzip);
const PATH = '/api/v2/series';
const MOST_EVENTS = 50_000;
/** What a body is refused with for what is in it: bad points, too many bytes. */
const CONDEMNING: ReadonlySet<number> = new Set([400, 413]);
const MOST_EXAMPLES = 3;
/** A service that refuses so many points refuses them all. */
const MOST_REFUSED = 50;
const ACCEPTED: Verdict = { kind: 'accepted' };

/**
 * Turns events into metrics. A second point of the same series and second replaces the first one, so counts and gauges
 * are added up over all events and sent at the end; a repetition sends the same again. Distributions are sent at once.
 */
export function createMetricsSink(options: MetricsSinkOptions): Sink {
  const { label, measuring, isComplete } = options;
  const hasDistributions = measuring.rules.some(({ type }) => type === 'distribution');
  const hasTotals = measuring.rules.some(({ type }) => type !== 'distribution');
  const gathering = new Gathering(options);
  let last: Promise<unknown> = Promise.resolve();
  return {
    label,
    name: 'datadog-metrics',
    onRepeat: hasDistributions ? 'duplicated' : 'overwritten',
    limits: { maxEvents: MOST_EVENTS, maxBytes: Number.MAX_SAFE_INTEGER, concurrency: 1 },
    describe: () => ({
      notes: [
        `${measuring.rules.length} rules turn events into metrics${hasTotals ? '; totals are sent once all events are there' : ''}`,
        isComplete
          ? 'complete=true: the totals replace those that Datadog has for the same seconds'
          : 'the tag respool_source keeps these totals apart from those of other sources',
        ...(gathering.unmatched === 0 ? [] : [`${gathering.unmatched} events are about no metric`]),
      ],
      warnings: [],
    }),
    preview: ({ events }) =>
      Array.from({ length: events.count }, (_, index) => ({
        index,
        verdict: measure(events, index, measuring),
      })).flatMap(({ index, verdict }) => ('kind' in verdict ? [{ index, verdict }] : [])),
    deliver(delivery, signal) {
      const turn = last.then(() => {
        signal.throwIfAborted();
        return gathering.take(delivery, signal);
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    ...(hasTotals && { finish: (signal: AbortSignal) => gathering.send(signal) }),
    async [Symbol.asyncDispose]() {
      await options.close();
      await gathering.totals.remove();
    },
  };
}

class Gathering {
  readonly totals;
  unmatched = 0;
  /** Over the ids of all events that count, in whatever order: it tells what the source was. */
  private readonly checksum = createChecksum();

  constructor(private readonly options: MetricsSinkOptions) {
    this.totals = createTotals(options.scratch);
  }

  async take({ events, skip, sentBefore }: Delivery, signal: AbortSignal): Promise<readonly Verdict[]> {
    const verdicts = new Array<Verdict>(events.count).fill(ACCEPTED);
    const counted: Measurement[] = [];
    const distributed: EventPoints[] = [];
    for (let index = 0; index < events.count; index++) {
      if (skip?.[index] === 1) continue;
      const found = measure(events, index, this.options.measuring);
      if ('kind' in found) {
        verdicts[index] = found;
        continue;
      }
      if (found.length === 0) this.unmatched++;
      this.checksum.addAll(events.idHashes, index, index + 1);
      const [own, others] = partition(found, ({ rule }) => rule.type === 'distribution');
      counted.push(...others);
      if (own.length > 0 && sentBefore?.[index] !== 1) distributed.push({ index, measurements: own });
    }
    const { points: sender, apiKey } = this.options;
    const moreTags = this.options.isComplete ? [] : this.sourceTag(false);
    const answers = await sendDistributions(distributed, { sender, apiKey, moreTags }, signal);
    for (const [index, verdict] of answers) verdicts[index] = verdict;
    for (const measurement of counted) await this.totals.add(measurement);
    return verdicts;
  }

  async send(signal: AbortSignal): Promise<void> {
    const { isComplete } = this.options;
    const refused: string[] = [];
    for await (const body of seriesBodies(this.totals.all(), isComplete ? [] : this.sourceTag(true))) {
      refused.push(...(await this.sendBody(body, signal)));
      if (refused.length >= MOST_REFUSED) throw this.refusing(refused, 'the rest was not tried');
    }
    if (refused.length > 0) throw this.refusing(refused, 'all others were taken');
  }

  private refusing(refused: readonly string[], rest: string): SinkUnavailableError {
    const examples = [...new Set(refused)].slice(0, MOST_EXAMPLES).join('; ');
    const points = refused.length === 1 ? '1 point' : `${refused.length} points`;
    const message = `${this.options.label}: refuses ${points} of the totals, ${rest}: ${examples}`;
    return new SinkUnavailableError(message, { cure: 'mend' });
  }

  /** Sends points, in ever smaller bodies when these are refused; resolves to what is said of each single one that is. */
  private async sendBody(body: SeriesBody, signal: AbortSignal): Promise<readonly string[]> {
    const { series: sender, label } = this.options;
    const sent = await sender.send(await this.loadOf(body), signal);
    if (sent.kind === 'answer' && sent.status >= 200 && sent.status < 300) return [];
    if (sent.kind === 'answer' && CONDEMNING.has(sent.status)) {
      const halves = halvesOf(body);
      if (halves.length === 0) return [`${metricOf(body)}: ${statusAndWords(sent)}`];
      const refused: string[] = [];
      for (const half of halves) {
        if (refused.length < MOST_REFUSED) refused.push(...(await this.sendBody(half, signal)));
      }
      return refused;
    }
    if (sent.kind === 'answer') {
      throw new SinkUnavailableError(`${label}: ${statusAndWords(sent)}`, { cure: 'mend' });
    }
    const reason = sent.kind === 'stale' ? STALE : sent.reason;
    throw new SinkUnavailableError(`${label}: ${reason}`, { cure: 'wait' });
  }

  private async loadOf({ json, points, oldestSecond }: SeriesBody) {
    const { apiKey, measuring } = this.options;
    const headers = { 'dd-api-key': apiKey, 'content-type': 'application/json', 'content-encoding': 'gzip' };
    return {
      request: { method: 'POST', path: PATH, headers, body: await compress(json) },
      events: points,
      bytes: json.length,
      isStale: () => !isStillTaken(!Number.isFinite(oldestSecond), oldestSecond, measuring.now()),
    } as const;
  }

  /** Keeps the totals of this source apart. What cannot be recognised is told by its events, once all are known. */
  private sourceTag(isEnd: boolean): readonly string[] {
    const { selection } = this.options;
    if (selection !== undefined) return [`respool_source:${selection}`];
    return isEnd ? [`respool_source:${this.checksum}`] : ['respool_source:stream'];
  }
}

const STALE = 'points became more than an hour old while the run went on; a new run tells which';

function partition<T>(items: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
