import type { EncodedRequests } from '../http/encoded-requests.js';
import type { Delivery, SinkDescription, Verdict } from '../sink.js';
import type { MixpanelEncoderOptions, MixpanelRemark } from './encode/options.js';

/** What came to light about the events on their way, counted. */
export interface Remarks {
  /** Adds what the encoder found in a batch. */
  count(encoded: Pick<EncodedRequests, 'remarks'>): void;
  /**
   * Holds an event back whose time has not come yet: Mixpanel would replace that time with its own, and the event would
   * be another one each time it is sent.
   */
  hold(delivery: Pick<Delivery, 'events'>, event: number, nowMs: number): Verdict | undefined;
  /** @param aheadMs how far this machine's clock is ahead of Mixpanel's. */
  describe(aheadMs: number): SinkDescription;
}

const SENTENCES: Readonly<Record<MixpanelRemark, string>> = {
  'without-user':
    'no user that Mixpanel allows: distinct_id is empty, so it counts in no analysis of users; the original stays a property',
  'long-texts': 'texts of more than 255 characters, which Mixpanel cuts',
  'nested-values':
    'nested values beyond what Mixpanel promises to keep (3 levels, 254 elements, 8 KB): it may cut or refuse them; nested=text in the address sends what lies deeper as JSON text',
  renamed: 'properties under a name that Mixpanel reserves: they are now called original_…',
  'digested-ids': 'ids that are no $insert_id (letters, digits and hyphens, at most 36): a digest stands in for each',
};
/** These change what is seen in Mixpanel. */
const WARNED: readonly MixpanelRemark[] = ['without-user', 'long-texts', 'nested-values'];

/** Opens the counts of a run. */
export function createRemarks({ pointers }: MixpanelEncoderOptions): Remarks {
  const counts = new Map<string, number>();
  let ahead = 0;
  let lastMs = 0;
  const sentence = (name: MixpanelRemark) => `${(counts.get(name) ?? 0).toLocaleString('en-US')} × ${SENTENCES[name]}`;
  const met = (names: readonly MixpanelRemark[]) => names.filter((name) => counts.has(name)).map(sentence);
  return {
    count({ remarks }) {
      for (const [name, count] of Object.entries(remarks)) counts.set(name, (counts.get(name) ?? 0) + count);
    },
    hold({ events }, event, nowMs) {
      const timeMs = Math.floor((events.timesUs[event] ?? Number.NaN) / 1_000);
      if (!(timeMs > nowMs)) return undefined;
      ahead++;
      lastMs = Math.max(lastMs, timeMs);
      return {
        kind: 'unsent',
        reason: `its time ${isoOf(timeMs)} has not come yet: Mixpanel would replace it; a run after that time sends it`,
      };
    },
    describe(aheadMs) {
      const others = Object.keys(SENTENCES).filter((name) => !WARNED.includes(name as MixpanelRemark)); // its keys are these
      const held = ahead === 0 ? [] : [heldSentence(ahead, lastMs)];
      const skew =
        aheadMs === 0
          ? []
          : [`this machine's clock is ${Math.round(aheadMs / 1_000)} s ahead of Mixpanel's, which counts`];
      const user =
        pointers.user === undefined ? ['no user field was found (--user names it): distinct_id is empty'] : [];
      return {
        notes: [
          'imported with strict=1; $insert_id and time come from the event alone, so sending it again changes nothing',
          ...met(others as MixpanelRemark[]),
        ],
        warnings: [...held, ...skew, ...user, ...met(WARNED)],
      };
    },
  };
}

function heldSentence(count: number, lastMs: number): string {
  const each =
    count === 1 ? '1 event has a time that has' : `${count.toLocaleString('en-US')} events have times that have`;
  return `${each} not come yet, the last ${isoOf(lastMs)}: held back; --until leaves them out`;
}

function isoOf(ms: number): string {
  return ms <= 8.64e15 ? new Date(ms).toISOString() : 'far ahead';
}
