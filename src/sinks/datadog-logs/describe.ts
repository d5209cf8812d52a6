import type { EncodedRequests } from '../http/encoded-requests.js';
import type { Rejection, SinkDescription } from '../sink.js';
import type { DatadogLogsRemark } from './encode/options.js';

/** What came to light about the events on their way, counted. */
export interface Remarks {
  /** Adds what the encoder found in a batch. */
  count(encoded: Pick<EncodedRequests, 'remarks'>): void;
  /** Counts an event whose time Datadog does not take. */
  refused(rejection: Rejection, timeUs: number): void;
  describe(aheadMs: number): SinkDescription;
}

const SENTENCES: Readonly<Record<DatadogLogsRemark, string>> = {
  cut: 'logs beyond Datadog’s limits: parts are left out, and respool_cut names them',
  'long-for-index': 'logs of more than 25 KB, which Datadog may cut when it indexes them',
  renamed: 'attributes under a name to which Datadog gives a meaning of its own: they are now called original_…',
};

/** Opens the counts of a run. */
export function createRemarks({ mayFind }: { readonly mayFind: boolean }): Remarks {
  const counts = new Map<string, number>();
  const outside = { log_too_old: 0, log_too_far_ahead: 0 };
  let oldestUs = Number.POSITIVE_INFINITY;
  const met = (names: readonly DatadogLogsRemark[]) =>
    names.filter((name) => counts.has(name)).map((name) => `${thousands(counts.get(name) ?? 0)} × ${SENTENCES[name]}`);
  return {
    count({ remarks }) {
      for (const [name, count] of Object.entries(remarks)) counts.set(name, (counts.get(name) ?? 0) + count);
    },
    refused({ code }, timeUs) {
      if (code === 'log_too_old') {
        outside.log_too_old++;
        oldestUs = Math.min(oldestUs, timeUs);
      } else {
        outside.log_too_far_ahead++;
      }
    },
    describe(aheadMs) {
      return {
        notes: [
          'sent to the logs intake v2, which keeps every copy; the attribute event_id tells copies',
          mayFind
            ? 'logs can be searched for event ids, since an application key is there'
            : 'without DD_APP_KEY nobody can be asked what became of a request without an answer',
          ...met(['renamed']),
        ],
        warnings: [...windowWarnings(outside, oldestUs), ...clockWarning(aheadMs), ...met(['cut', 'long-for-index'])],
      };
    },
  };
}

function windowWarnings(outside: { log_too_old: number; log_too_far_ahead: number }, oldestUs: number): string[] {
  const warnings: string[] = [];
  if (outside.log_too_old > 0) {
    const oldest =
      Math.abs(oldestUs) <= 8.64e18 ? ` (the oldest is of ${new Date(oldestUs / 1_000).toISOString()})` : '';
    warnings.push(
      `${thousands(outside.log_too_old)} × older than 18 hours${oldest}: Datadog would drop them in silence, so they are rejected; send them with --to datadog-archive:<folder or s3://bucket/prefix> and rehydrate them`,
    );
  }
  if (outside.log_too_far_ahead > 0) {
    warnings.push(
      `${thousands(outside.log_too_far_ahead)} × more than 2 hours ahead: Datadog would drop them in silence, so they are rejected`,
    );
  }
  return warnings;
}

function clockWarning(aheadMs: number): string[] {
  if (aheadMs === 0) return [];
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  return [
    `this machine's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} Datadog's; the stricter of the two counts`,
  ];
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}
