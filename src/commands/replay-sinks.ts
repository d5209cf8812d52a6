import { redact } from '../config/redact.js';
import { resolveSink } from '../config/resolve.js';
import { IncompleteError, UsageError } from '../errors.js';
import type { Fields } from '../event/fields.js';
import { absentSink } from '../flow/absent-sink.js';
import { sinkSchemes } from '../sinks/open.js';
import type { Sink } from '../sinks/sink.js';
import type { Source } from '../sources/source.js';
import type { Invocation } from './command.js';
import type { ReplayOptions } from './replay-options.js';

/** Where one sink is. */
export interface SinkAddress {
  /** May hold secrets. */
  readonly url: string;
  /** Without secrets: a configured name, or the address. */
  readonly label: string;
}

/** The sinks that were named, or the embedded database. */
export function sinkAddresses({ options, config }: Invocation<ReplayOptions>): readonly SinkAddress[] {
  const words = options.to.length === 0 ? [`pglite:${options.stateDir}/db`] : options.to;
  return words.map((word) => {
    const { url, name } = resolveSink(word, config, sinkSchemes);
    return { url, label: name ?? redact(url, config.secrets) };
  });
}

/** A sink that cannot be reached now does not stop the others; without others there is nothing to go on with. */
export async function openSinks(
  addresses: readonly SinkAddress[],
  closing: AsyncDisposable[],
  open: (url: string, at: number) => Promise<Sink>,
): Promise<readonly Sink[]> {
  const sinks: Sink[] = [];
  let absent = 0;
  for (const [at, { url, label }] of addresses.entries()) {
    const sink = await open(url, at).catch((error: unknown) => {
      absent++;
      if (!(error instanceof IncompleteError) || absent === addresses.length) throw error;
      return absentSink(label, error);
    });
    closing.push(sink);
    if (sinks.some((other) => other.label === sink.label)) throw sameSink(sink.label);
    sinks.push(sink);
  }
  return sinks;
}

/** What is known of the events, and how the sink is used. */
interface SinkCircumstances {
  readonly fields: Fields;
  /** Top-level members of the first events; undefined when none have been looked at. */
  readonly members: ReadonlySet<string> | undefined;
  readonly jobs: number;
  readonly onWait: ((note: string) => void) | undefined;
}

/** What a sink is told about the run that opens it. */
export function sinkContext(
  { options, io, stop }: Pick<Invocation<ReplayOptions>, 'options' | 'io' | 'stop'>,
  { fields, members, jobs, onWait }: SinkCircumstances,
) {
  const { dryRun, partitionsWithin, strictId, timezone } = options;
  return {
    fields,
    jobs,
    env: io.env,
    timezone,
    strictId,
    dryRun,
    ...(members !== undefined && { members }),
    ...(partitionsWithin !== undefined && { partitionsWithin }),
    ...(onWait !== undefined && { onWait }),
    signal: stop.now,
  };
}

/**
 * Refuses sinks that send only once they have seen every event where events come from a queue: until then none of its
 * messages could be acknowledged, and no queue lets all of them be held for so long.
 * @throws UsageError `sink_of_whole_sources`.
 */
export function refuseWholeSinks({ label, settles }: Pick<Source, 'label' | 'settles'>, sinks: readonly Sink[]): void {
  const whole = sinks.find(({ finish }) => finish !== undefined);
  if (settles !== 'messages' || whole === undefined) return;
  throw new UsageError(
    `${whole.name} sends only once it has seen every event, and until then no message of ${label} could be acknowledged`,
    {
      code: 'sink_of_whole_sources',
      hint: 'write the messages to a file while another sink takes them (--snapshot letters.ndjson), then replay that file into this one',
    },
  );
}

function sameSink(label: string): UsageError {
  return new UsageError(`two of the sinks are the same: ${label}`, {
    code: 'same_sink_twice',
    hint: 'name each sink once',
  });
}
