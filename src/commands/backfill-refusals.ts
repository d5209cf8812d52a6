import { UsageError } from '../errors.js';
import type { Source } from '../sources/source.js';
import type { BackfillOptions } from './backfill.js';
import { gentleOptions } from './gentle-options.js';

/** What kind of target an address is. @throws UsageError `backfill_target` with the way out. */
export function targetKindOf(url: string): 'table' | 'days' {
  const scheme = /^([a-z][a-z-]*)(?:[:?]|$)/iu.exec(url)?.[1]?.toLowerCase() ?? '';
  if (TABLES.includes(scheme)) return 'table';
  if (DAYS.includes(scheme)) return 'days';
  if (scheme === 'datadog-logs') {
    throw refusal(
      'the intake of Datadog logs drops what is older than 18 hours, so a backfill would fill nothing',
      'write --to datadog-archive:<folder or s3://bucket/prefix>: archives that Datadog rehydrates',
    );
  }
  if (scheme === 'datadog-metrics') {
    throw refusal(
      'metrics are totals over the whole source, which a day alone would replace by its own, and nothing tells what Datadog holds of them',
      'respool replay --since --until --to datadog-metrics sends them as a whole',
    );
  }
  throw refusal(
    'a backfill goes into a Postgres table, or by days to mixpanel, datadog-archive or a file',
    'write --to "postgres://user@host:5432/database?table=events"; for other sinks use respool replay --since --until',
  );
}

const TABLES = ['postgres', 'postgresql'];
const DAYS = ['mixpanel', 'datadog-archive', 'file'];

function refusal(message: string, hint: string): UsageError {
  return new UsageError(message, { code: 'backfill_target', hint });
}

/** A backfill has one target. @throws UsageError `backfill_target`. */
export function requireOneSink({ to }: Pick<BackfillOptions, 'to'>): void {
  if (to.length === 1) return;
  throw refusal(
    'a backfill has exactly one target',
    'write one --to "postgres://user@host:5432/database?table=events", or --to mixpanel',
  );
}

/** Messages of a queue would have to be held until the last unit is done. @throws UsageError `backfill_source`. */
export function refuseMessages({ label, settles }: Pick<Source, 'label' | 'settles'>): void {
  if (settles !== 'messages') return;
  throw new UsageError(`${label} is a queue, and a backfill reads dumps and tables`, {
    code: 'backfill_source',
    hint: 'take a snapshot of it with respool replay --snapshot first, and backfill from that',
  });
}

const WHY: readonly { readonly option: keyof BackfillOptions; readonly flag: string; readonly why: string }[] = [
  { option: 'partitionBy', flag: '--partition-by', why: 'the units are days' },
  {
    option: 'queue',
    flag: '--queue',
    why: 'the service sets the pace for all together, and one process reaches it',
  },
  { option: 'verify', flag: '--verify', why: 'a service is asked for ids alone' },
  { option: 'detach', flag: '--detach', why: 'there is no --queue to leave the work to' },
];

/** What only a table has. @throws UsageError `not_for_days`. */
export function refuseTableOptions(options: BackfillOptions): void {
  if (options.method === 'swap') {
    throw notForDays('--method swap', 'a service has no partitions: what it holds stays, and what is missing is sent');
  }
  for (const { option, flag, why } of WHY) {
    if (options[option] !== undefined && options[option] !== false) throw notForDays(flag, why);
  }
  for (const [name, { description }] of Object.entries(gentleOptions)) {
    const value = options[name as keyof typeof gentleOptions]; // its own names
    if (name === 'pauseUnlessHttp' || value === undefined || value === false) continue;
    throw notForDays(description.flag, 'it looks into a Postgres server');
  }
}

function notForDays(flag: string, why: string): UsageError {
  return new UsageError(`${flag} is for tables; here ${why}`, {
    code: 'not_for_days',
    hint: `leave ${flag} away; --max-rate, --jobs, --pause-unless-http and respool backfill pause hold a backfill by days back`,
  });
}
