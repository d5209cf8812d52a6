import { isUtf8 } from 'node:buffer';
import { CannotEvaluateError } from '../../errors.js';

/**
 * Refuses what is no event dump at all, by its first decoded bytes: better one sentence than a million undecodable
 * lines. Where the format is forced, text that looks binary is read all the same.
 * @throws CannotEvaluateError saying what the file is and how to get the data.
 */
export function refuseWhatIsNoDump(
  head: Uint8Array,
  { label, isForced }: { readonly label: string; readonly isForced: boolean },
): void {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  const start = text.slice(0, 512).trimStart().toLowerCase();
  if (start.startsWith('version https://git-lfs')) {
    throw new CannotEvaluateError(`${label}: a Git LFS pointer, not the data itself`, {
      code: 'source_is_lfs_pointer',
      hint: 'fetch the data first: git lfs pull',
    });
  }
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) {
    throw new CannotEvaluateError(`${label}: an HTML page, not an event dump`, {
      code: 'source_is_html',
      hint: 'it may be an error page that was saved as data: fetch the file again and look at the first lines',
    });
  }
  if (start.startsWith('<<<<<<< ')) {
    throw new CannotEvaluateError(`${label}: begins with a merge conflict marker`, {
      code: 'source_in_conflict',
      hint: 'resolve the conflict first: git status names the files',
    });
  }
  if (!isForced && ODD.test(text) && isBinary(head)) {
    throw new CannotEvaluateError(`${label}: binary data, not text${looksLikeUtf16(head)}`, {
      code: 'source_is_binary',
      hint: 'dumps are JSON, NDJSON, CSV, TSV or Parquet; plain, gzip, zstd, or Brotli with --brotli',
    });
  }
}

/** What stands in no text, decoded as Latin-1; without any of it nothing is binary. */
export const ODD = /[^\t-\r\x20-\x7e\x80-\xff]/;

/** NUL bytes, or text of which more than a third is neither UTF-8 nor printable. */
function isBinary(head: Uint8Array): boolean {
  let nuls = 0;
  let odd = 0;
  let high = 0;
  for (let at = 0; at < head.length; at += 1) {
    const byte = head[at] as number; // within bounds
    if (byte >= 128) high += 1;
    else if ((byte < 32 && (byte < 9 || byte > 13)) || byte === 127) {
      odd += 1;
      if (byte === 0) nuls += 1;
    }
  }
  if (nuls * 50 > head.length && nuls > 1) return true;
  if (odd * 10 > head.length) return true;
  return odd > 0 && high * 3 > head.length && !isUtf8(head.subarray(0, lastAscii(head) + 1));
}

function looksLikeUtf16(head: Uint8Array): string {
  const even = count(head, (byte, at) => at % 2 === 0 && byte === 0);
  const odd = count(head, (byte, at) => at % 2 === 1 && byte === 0);
  const most = Math.max(even, odd);
  return most * 3 > head.length ? ' (UTF-16 without a byte order mark? convert it to UTF-8)' : '';
}

function count(bytes: Uint8Array, matches: (byte: number, at: number) => boolean): number {
  let matching = 0;
  for (let at = 0; at < bytes.length; at += 1) if (matches(bytes[at] ?? 0, at)) matching += 1;
  return matching;
}

function lastAscii(head: Uint8Array): number {
  let at = head.length - 1;
  while (at >= 0 && (head[at] ?? 0) >= 128) at -= 1;
  return at;
}
