import type { DumpOptions } from './dump/options.js';

/** What a source is told about the run that opens it. */
export interface SourceContext extends DumpOptions {
  /** Whether the source is opened to be looked at only: then nothing is acknowledged or changed. */
  readonly dryRun?: boolean;
  /**
   * Snapshots of databases, by their labels, that sources opened together share; a source that takes one adds it, and
   * holds it until it is closed.
   */
  readonly snapshots?: Map<string, string>;
  /** The state folder, for what a queue does not remember itself: how far a stream has been read. */
  readonly stateDir?: string;
  /** Whether bodies of messages that lie in S3 are fetched (the extended client of SQS). */
  readonly fetchesBodies?: boolean;
  /** How a queue is read; absent for commands that read dumps only. */
  readonly queue?: QueueOptions;
}

/** How a queue is read, and when its messages are acknowledged. */
export interface QueueOptions {
  /** Go on when what was there at the start is done. */
  readonly follow: boolean;
  /** Acknowledge nothing. */
  readonly keep: boolean;
  /** Acknowledge also what lies in the quarantine. */
  readonly ackRejected: boolean;
  /** Read a queue that does not hold dead letters. */
  readonly liveQueue: boolean;
  /** File that takes every message, envelope included, before anything else happens to it. */
  readonly snapshot: string | undefined;
  /** Events that are wanted: not many more messages than these are received. */
  readonly limit?: number | undefined;
  /** A mere look: where that is a burden on the server, a part of the queue is enough. */
  readonly looksOnly?: boolean | undefined;
}
