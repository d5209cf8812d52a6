import { type Answer, jsonObjectIn, wordsOf } from '../http/answer.js';
import type { Verdict } from '../sink.js';

const ACCEPTED: Verdict = { kind: 'accepted' };

/** Why a status of success cannot have come from Mixpanel; undefined when it can. */
export function oddityOf(answer: Answer): string | undefined {
  const json = jsonObjectIn(answer);
  if (typeof json?.num_records_imported === 'number' || json?.code === 200) return undefined;
  return `status ${answer.status} without Mixpanel's answer`;
}

/**
 * What `/import?strict=1` says of each record of a request. A 400 is a partial success: only `failed_records` were
 * refused, the others are stored (https://docs.mixpanel.com/reference/import-events).
 */
export function readAnswer(answer: Answer, events: readonly number[]): readonly Verdict[] | 'halve' {
  const json = jsonObjectIn(answer) ?? {};
  const imported = json.num_records_imported;
  if (answer.status === 200) return takenWhole(imported, events.length);
  const failed: readonly unknown[] = Array.isArray(json.failed_records) ? json.failed_records : [];
  const records = failed.map(readRecord);
  if (answer.status !== 400 || records.length === 0 || !records.every((record) => record !== undefined)) {
    return refusedWhole(answer, failed, events.length);
  }
  const verdicts = new Array<Verdict>(events.length).fill(ACCEPTED);
  for (const { index, verdict } of records) {
    if (index >= events.length) return refusedWhole(answer, failed, events.length);
    verdicts[index] = verdict;
  }
  const missing = verdicts.filter((verdict) => verdict === ACCEPTED).length - Number(imported ?? Number.NaN);
  // It must add up; where it does not, a smaller request tells more, and sending again is harmless.
  if (missing <= 0 || Number.isNaN(missing)) return verdicts;
  return events.length > 1 ? 'halve' : verdicts.map(() => unaccounted(answer));
}

function takenWhole(imported: unknown, sent: number): readonly Verdict[] | 'halve' {
  const isAll = typeof imported !== 'number' || imported >= sent;
  if (isAll) return new Array<Verdict>(sent).fill(ACCEPTED);
  if (sent > 1) return 'halve';
  return [
    {
      kind: 'unknown',
      reason: `Mixpanel says that it imported ${imported} of ${sent} records, and names none as refused`,
    },
  ];
}

function unaccounted(answer: Answer): Verdict {
  return { kind: 'unknown', reason: `Mixpanel neither imported nor refused it: ${wordsOf(answer)}` };
}

interface FailedRecord {
  readonly index: number;
  readonly verdict: Verdict;
}

/** One of `failed_records`; undefined when it is a text or names no index. */
function readRecord(record: unknown): FailedRecord | undefined {
  if (typeof record !== 'object' || record === null) return undefined;
  const { index, field, message } = record as { index?: unknown; field?: unknown; message?: unknown }; // all are checked
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0) return undefined;
  const pointer = typeof field === 'string' ? pointerOf(field) : undefined;
  const reason = typeof message === 'string' ? message : `refused by Mixpanel, without a reason${at(pointer)}`;
  return {
    index,
    verdict: { kind: 'rejected', code: 'mixpanel_refused', reason, ...(pointer !== undefined && { pointer }) },
  };
}

const at = (pointer: string | undefined) => (pointer === undefined ? '' : ` (${pointer})`);

/** `properties.time` as a JSON Pointer into what was sent. */
function pointerOf(field: string): string {
  return `/${field.replaceAll('~', '~0').replaceAll('/', '~1').replace('.', '/')}`;
}

/** Nothing was stored, or nobody knows what: halved down to single events, each is refused for itself. */
function refusedWhole(answer: Answer, failed: readonly unknown[], sent: number): readonly Verdict[] | 'halve' {
  if (sent > 1) return 'halve';
  const [first] = failed;
  const said = typeof first === 'string' ? first : readRecord(first)?.verdict;
  if (typeof said === 'object') return [said];
  const reason = said ?? (wordsOf(answer) || `refused with status ${answer.status}`);
  return [{ kind: 'rejected', code: 'mixpanel_refused', reason }];
}
