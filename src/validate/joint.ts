import type { Handful, RawBatch } from '../sources/source.js';
import type { BatchFindings, ExaminationInput } from './examination.js';

const SPACE = 0x20;

/** Files that hold one record each. */
export type LoneBatches = readonly RawBatch[];

/** The handful, when each of it is a file that holds one record. */
export function loneBatches(handful: Handful): LoneBatches | undefined {
  const isLone = (item: Handful[number]) => item.kind === 'batch' && item.isLone === true;
  return handful.every(isLone) ? (handful as LoneBatches) : undefined; // by the line above
}

/**
 * All of them as one batch: of thousands of files each batch of its own would cost more than its event. Where they lie is
 * lost, so that only good news can be told of them.
 */
export function jointInput(batches: LoneBatches): ExaminationInput {
  const count = batches.length;
  const bytes = new Uint8Array(batches.reduce((sum, batch) => sum + batch.bytes.length, 0));
  const spans = new Uint32Array(2 * count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const own = (batches[i] as RawBatch).bytes; // within bounds by the loop condition
    bytes.set(own, at);
    let length = own.length;
    while (length > 0 && (own[length - 1] as number) <= SPACE) length--; // within bounds by the loop condition
    spans[2 * i] = at;
    spans[2 * i + 1] = at + length;
    at += own.length;
  }
  return { format: { kind: 'json' }, bytes, spans, spanLines: new Uint32Array(count), expects: 'valid' };
}

/** Whether nothing was found in `count` records but that they are valid. */
export function isAllWell(findings: BatchFindings, count: number): boolean {
  const { events, valid, invalid, undecodable, unexpected, problemCount } = findings;
  return events === count && valid === count && invalid + undecodable + unexpected + problemCount === 0;
}
