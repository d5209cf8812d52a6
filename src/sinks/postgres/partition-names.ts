import { clockOf, DAY_US, type PeriodScheme } from './partition-scheme.js';

const MOST_BYTES = 63;

/** A partition's name as far as it tells its period. */
export interface NamedPeriod {
  readonly name: string;
  readonly fromUs: number;
}

/** Ways to write a period's start into a name, the most telling first. */
const FORMATS = [
  'YYYY_MM_DD_HH',
  'YYYYMMDD_HH',
  'YYYYMMDDHH',
  'YYYY_MM_DD',
  'YYYY-MM-DD',
  'YYYYMMDD',
  'yYYYYmMMdDD',
  'yYYYYmMM',
  'YYYY_MM',
  'YYYY-MM',
  'YYYYMM',
  'YYYY',
] as const;

/** Makes names for new partitions as the existing ones are named, else `<table>_<start>`. */
export function partitionNamer(
  table: string,
  existing: readonly NamedPeriod[],
  scheme: PeriodScheme,
): (fromUs: number) => string {
  const clock = clockOf(scheme);
  const learnt = existing.findLast(({ fromUs }) => Number.isFinite(fromUs));
  const pattern = (learnt && patternOf(learnt.name, clock(learnt.fromUs))) ?? {
    before: `${table}_`,
    format: formatOf(scheme),
    after: '',
  };
  return (fromUs) => {
    const start = render(pattern.format, clock(fromUs));
    return cut(pattern.before, `${start}${pattern.after}`);
  };
}

/** Joins the parts so that they fit into a name of PostgreSQL, at the cost of the first. */
export function cut(before: string, after: string): string {
  let kept = before;
  while (Buffer.byteLength(kept) + Buffer.byteLength(after) > MOST_BYTES) kept = kept.slice(0, -1);
  return kept + after;
}

interface NamePattern {
  readonly before: string;
  readonly format: string;
  readonly after: string;
}

function patternOf(name: string, localUs: number): NamePattern | undefined {
  for (const format of FORMATS) {
    const start = render(format, localUs);
    const at = name.lastIndexOf(start);
    if (at >= 0) return { before: name.slice(0, at), format, after: name.slice(at + start.length) };
  }
  return undefined;
}

function formatOf(scheme: PeriodScheme): string {
  if (scheme.kind === 'months') return scheme.count % 12 === 0 ? 'YYYY' : 'YYYYMM';
  return scheme.lengthUs % DAY_US === 0 ? 'YYYYMMDD' : 'YYYYMMDD_HH';
}

function render(format: string, timeUs: number): string {
  const iso = new Date(Math.floor(timeUs / 1000)).toISOString();
  const [year = '', month = '', day = '', hour = ''] = iso.split(/(?!^)[-T:]/);
  return format.replace('YYYY', year).replace('MM', month).replace('DD', day).replace('HH', hour);
}
