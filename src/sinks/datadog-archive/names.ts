import { createHash } from 'node:crypto';

/** One file of the archive, before it is compressed. */
export interface ArchivePart {
  /** Hours since the Unix epoch. */
  readonly hour: number;
  /** Number of the part in its hour, from 0. */
  readonly number: number;
  readonly lines: Buffer;
}

const HOUR_MS = 3_600_000;

/**
 * The name of a part under the archive, as Datadog's own are called: `dt=20260329/hour=06/archive_060142.6750.<UUID>.json.gz`.
 * The same command gives a part the same name; without a selection its content does.
 */
export function partName({ hour, number, lines }: ArchivePart, selection: string | undefined): string {
  const day = new Date(hour * HOUR_MS).toISOString();
  const { date } = JSON.parse(lines.toString('utf8', 0, lines.indexOf(0x0a))) as { readonly date: string }; // a line of our own
  const digits = date.slice(11, 23).replace(/[:.]/gu, '');
  const what = selection === undefined ? lines : `${selection}\n${hour}\n${number}`;
  const folder = `dt=${day.slice(0, 10).replaceAll('-', '')}/hour=${day.slice(11, 13)}`;
  return `${folder}/archive_${digits.slice(0, 6)}.${digits.slice(6)}0.${uuidOf(what)}.json.gz`;
}

/** A UUID of version 8 (RFC 9562) that is a function of what is given. */
function uuidOf(what: string | Buffer): string {
  const bytes = createHash('sha256').update(what).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
