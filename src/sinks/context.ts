import type { Fields } from '../event/fields.js';

/** What a sink is told about the run that opens it. */
export interface SinkContext {
  readonly fields: Fields;
  /** Deliveries that may be under way at once: at least 1. */
  readonly jobs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Breaks off the opening. */
  readonly signal: AbortSignal;
  /** IANA zone for times that name none; default UTC. */
  readonly timezone?: string;
  /** Partitions are made only for instants in this range; `toUs` is exclusive. */
  readonly partitionsWithin?: { readonly fromUs: number; readonly toUs: number };
  /** Top-level members that occur in sampled events; with them, columns that nothing can fill are found before the first row. */
  readonly members?: ReadonlySet<string>;
  /** Whether an id that is there already with another partition key is refused instead of added a second time. */
  readonly strictId?: boolean;
  /** Whether the sink is opened to be described only: then nothing is made, changed or held. */
  readonly dryRun?: boolean;
  /** Told before each wait, in a sentence: who, why, and when the next try is. */
  readonly onWait?: (note: string) => void;
  /** How long a delivery is tried again while the server is down or busy; default one minute. */
  readonly retryForMs?: number;
  /** The run's source without secrets; with it a sink can mark what came from a part of the events only. */
  readonly source?: string;
  /**
   * What the events are chosen from and by, as a short hash: the same command has the same. Undefined when the source
   * cannot be recognised (standard input, a queue): then only the events themselves tell.
   */
  readonly selection?: string;
  /** A folder for what does not fit into memory: made by the sink when it needs it, gone after the run. */
  readonly scratch?: string;
  /** Told the name of each file or object, once it is written whole; only by sinks that write such. */
  readonly onWritten?: (name: string) => void;
  /** Milliseconds since the Unix epoch; default the clock. Never the time of an event. */
  readonly now?: () => number;
}
