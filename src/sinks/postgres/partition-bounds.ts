import type { Period } from './partition-scheme.js';

/** Types of partition key that time partitioning works with. */
export type TimeType = 'timestamptz' | 'timestamp' | 'date';

const RANGE = /^FOR VALUES FROM \(((?:'[^']*'|MINVALUE|MAXVALUE))\) TO \(((?:'[^']*'|MINVALUE|MAXVALUE))\)$/;
const INSTANT = /^(\d{4,6})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?(?:\+00)?( BC)?$/;

/**
 * Reads the bounds of a range partition over one column of time as `pg_get_expr(relpartbound)` prints them with time
 * zone UTC; undefined when they are something else.
 */
export function parseBounds(text: string): Period | undefined {
  const match = RANGE.exec(text);
  const fromUs = parseBound(match?.[1]);
  const toUs = parseBound(match?.[2]);
  return fromUs === undefined || toUs === undefined ? undefined : { fromUs, toUs };
}

/** The bounds as SQL takes them, in UTC. */
export function boundsSql({ fromUs, toUs }: Period, type: TimeType): string {
  return `for values from (${boundSql(fromUs, type)}) to (${boundSql(toUs, type)})`;
}

function boundSql(timeUs: number, type: TimeType): string {
  if (timeUs === Number.NEGATIVE_INFINITY) return 'minvalue';
  if (timeUs === Number.POSITIVE_INFINITY) return 'maxvalue';
  const iso = new Date(Math.floor(timeUs / 1000)).toISOString();
  const year = iso.startsWith('+') ? iso.slice(1) : iso;
  if (type === 'date') return `'${year.slice(0, -14)}'`;
  const micros = String(((timeUs % 1000) + 1000) % 1000).padStart(3, '0');
  return `'${year.slice(0, -1).replace('T', ' ')}${micros}${type === 'timestamptz' ? '+00' : ''}'`;
}

function parseBound(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text === 'MINVALUE' || text === "'-infinity'") return Number.NEGATIVE_INFINITY;
  if (text === 'MAXVALUE' || text === "'infinity'") return Number.POSITIVE_INFINITY;
  const match = INSTANT.exec(text.slice(1, -1));
  if (match === null || match[8] !== undefined) return undefined;
  const [, year, month, day, hours = '0', minutes = '0', seconds = '0', fraction = '0'] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  date.setUTCHours(Number(hours), Number(minutes), Number(seconds));
  return date.getTime() * 1000 + Number(fraction.padEnd(6, '0'));
}
