import type { DumpOptions } from './dump/options.js';

/** What a source is told about the run that opens it. */
export interface SourceContext extends DumpOptions {
  /** Whether the source is opened to be looked at only: then nothing is received for good, acknowledged or changed. */
  readonly dryRun?: boolean;
}
