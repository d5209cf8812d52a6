import type { BackfilledPartition } from './backfill-report.js';
import type { Paint } from './paint.js';

/** One sign for each state, so that the calendar says the same without colours. */
export const stateSigns: Readonly<Record<string, string>> = {
  planned: '·',
  loading: '▸',
  verifying: '?',
  swapping: '⇄',
  done: '■',
  failed: '×',
  undone: '↶',
};

const DAY_MS = 86_400_000;
const WEEK = 7;
/** Local midnights of zones ahead of UTC, of New Zealand in summer too, lie on the day before; so long after them it is surely the day meant. */
const INTO_THE_DAY_MS = 13 * 3_600_000;

/**
 * A calendar of partitions: one row a month with a sign for each day, where partitions are days; otherwise the signs one
 * after another, with the first partition of each row in front.
 */
export function calendarLines(partitions: readonly BackfilledPartition[], paint: Paint): string[] {
  const timed = partitions.filter(({ from }) => from !== undefined);
  const months = monthsOf(timed);
  const lines = months === undefined ? plainRows(partitions, paint) : monthRows(months, paint);
  const states = [...new Set(partitions.map(({ state }) => state))];
  const legend = states.map((state) => `${painted(state, stateSigns[state] ?? '?', paint)} ${state}`).join('   ');
  return [...lines, '', legend];
}

function isDay({ from, to }: BackfilledPartition): boolean {
  const length = Date.parse(to ?? '') - Date.parse(from ?? '');
  return length >= DAY_MS - 3_600_000 * 2 && length <= DAY_MS + 3_600_000 * 2;
}

/** Partitions by month and day, 31 places a month; undefined where they are not days. */
export function monthsOf(
  partitions: readonly BackfilledPartition[],
): ReadonlyMap<string, readonly (BackfilledPartition | undefined)[]> | undefined {
  if (partitions.length < 2 || !partitions.every(isDay)) return undefined;
  const months = new Map<string, (BackfilledPartition | undefined)[]>();
  for (const partition of partitions) {
    const day = new Date(Date.parse(partition.from ?? '') + INTO_THE_DAY_MS).toISOString();
    const month = day.slice(0, 7);
    const cells = months.get(month) ?? new Array<undefined>(31).fill(undefined);
    cells[Number(day.slice(8, 10)) - 1] = partition;
    months.set(month, cells);
  }
  return months;
}

function monthRows(months: ReadonlyMap<string, readonly (BackfilledPartition | undefined)[]>, paint: Paint): string[] {
  const head = `${' '.repeat(9)}${Array.from({ length: 31 }, (_, at) => String(at + 1).padStart(2)).join(' ')}`;
  const sign = (cell: BackfilledPartition | undefined) =>
    cell === undefined ? ' ' : painted(cell.state, stateSigns[cell.state] ?? '?', paint);
  return [head, ...[...months].map(([month, cells]) => `${month}  ${cells.map((cell) => ` ${sign(cell)}`).join(' ')}`)];
}

function plainRows(partitions: readonly BackfilledPartition[], paint: Paint): string[] {
  const width = Math.max(0, ...partitions.map(({ name }) => name.length));
  const rows: string[] = [];
  const perRow = partitions.length > 100 ? WEEK * 8 : 12;
  for (let at = 0; at < partitions.length; at += perRow) {
    const signs = partitions.slice(at, at + perRow).map(({ state }) => painted(state, stateSigns[state] ?? '?', paint));
    rows.push(`${(partitions[at]?.name ?? '').padEnd(width)}  ${signs.join(' ')}`);
  }
  return rows;
}

function painted(state: string, sign: string, paint: Paint): string {
  if (state === 'done') return paint.green(sign);
  if (state === 'failed') return paint.red(sign);
  return state === 'planned' ? paint.dim(sign) : paint.yellow(sign);
}
