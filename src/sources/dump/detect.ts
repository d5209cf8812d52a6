import { isJson } from '../../event/parse-or-undefined.js';
import { detectDelimiter } from './detect-delimiter.js';
import { JsonScanner } from './json-scanner.js';
import { isMixpanelRow } from './mixpanel-rows.js';
import { oneObject } from './one-object.js';
import type { DumpFormat } from './options.js';

/** Whether stored or decompressed bytes are a Parquet file: they begin with PAR1. */
export function isParquet(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x41 && head[2] === 0x52 && head[3] === 0x31;
}

/** Tells the format of a text by its first bytes; the name decides only where they do not. */
export function detectFormat(head: Uint8Array, label: string): Exclude<DumpFormat, 'parquet' | 'json'> {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('latin1');
  const written = oneObject(text);
  if (written === 'line') return kindOfLines([text]);
  const lines = text.split(/\r\n|\n|\r/u);
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
  const inked = whole.filter((line) => line.trim() !== '');
  const name = plainName(label);
  const named = cellsByName(name);
  if (inked.length === 0) return named ?? 'ndjson';
  if (written === 'lines' && named === undefined) return 'json-stream';
  const first = text.trimStart()[0];
  if (first === '[' && (named === undefined || isJson(inked[0] ?? ''))) return 'json-stream';
  if (first === '{' && (named === undefined || isJson(inked[0] ?? ''))) return ndjsonOrStream(head, inked);
  if (named !== undefined) return named;
  if (isJson(inked[0] ?? '') || /\.(nd)?jsonl?$/u.test(name)) return 'ndjson';
  const delimiter = detectDelimiter(inked);
  if (delimiter === undefined) return 'ndjson';
  return delimiter === '\t' ? 'tsv' : 'csv';
}

/** The path of a file in lower case, without the ending of its compression. */
export function plainName(label: string): string {
  return label.replace(/\.(gz|zst|zstd|br)$/u, '').toLowerCase();
}

/** What kind of cells a file says by its name that it holds. */
export function cellsByName(name: string): 'csv' | 'tsv' | undefined {
  if (name.endsWith('.csv')) return 'csv';
  return /\.(tsv|tab)$/u.test(name) ? 'tsv' : undefined;
}

/** Lines of JSON; those of Mixpanel's raw export need unwrapping. */
function kindOfLines(lines: readonly string[]): 'ndjson' | 'mixpanel-export' {
  return isMixpanelRow(lines[0] ?? '') ? 'mixpanel-export' : 'ndjson';
}

/** Lines that are JSON texts each, or texts that spread over lines or share one. */
function ndjsonOrStream(head: Uint8Array, lines: readonly string[]): 'ndjson' | 'json-stream' | 'mixpanel-export' {
  const sample = lines.slice(0, 50);
  const whole = sample.filter((line) => line.trimStart()[0] === '{' && isJson(line)).length;
  if (whole * 2 >= sample.length) return kindOfLines(sample);
  const scanner = new JsonScanner();
  const start = head.indexOf(0x7b);
  const isWhole = scanner.scan(head, start) === 'whole';
  if (isWhole && scanner.lines === 0) return sharesItsLine(head, scanner.end) ? 'json-stream' : 'ndjson';
  return scanner.lines > 0 && sample.length > 1 ? 'json-stream' : 'ndjson';
}

function sharesItsLine(head: Uint8Array, end: number): boolean {
  let at = end;
  while (head[at] === 0x20 || head[at] === 0x09) at += 1;
  return head[at] === 0x7b || head[at] === 0x5b;
}
