import type { EncodedRows } from '../sinks/postgres/encode/encoded-rows.js';
import type { TablePlan } from '../sinks/postgres/plan.js';
import { rowHashes, sumOfHashes } from '../sinks/postgres/row-hash.js';
import { omittedNames, type RowShape, rowShape } from '../sinks/postgres/row-shape.js';
import type { Work } from './context.js';
import type { PlannedPartition } from './plan.js';
import { batchesOf, frameHeadsOf } from './slices/slice.js';

/** How the contents of rows are held against the source: by a hash over all of their columns, worked out on both sides. */
export interface RowProof {
  /** How the server hashes a row. */
  readonly shape: RowShape;
  /** The hashes of the rows of a frame, worked out from the bytes of the source. */
  hashes(encoded: EncodedRows): BigUint64Array;
}

/** A proof for rows that all have the same columns; undefined where the table's keys have no common hash. */
export function proofOf(table: TablePlan, omitted: number): RowProof | undefined {
  return proofWithout(table, new Set(omittedNames(table, omitted)));
}

/**
 * A proof for all rows of a slice: a column that some of them leave to its default is not compared.
 * Undefined where the plan asks for keys alone, or where the table's keys have no common hash.
 */
export async function proofOfSlice(
  { plan, table, slices }: Pick<Work, 'plan' | 'table' | 'slices'>,
  { index }: PlannedPartition,
): Promise<RowProof | undefined> {
  if (plan.verify !== 'rows') return undefined;
  const ignored = new Set<string>();
  for await (const { encoded } of frameHeadsOf(slices, index)) {
    for (const { omitted } of encoded.groups) for (const name of omittedNames(table, omitted)) ignored.add(name);
  }
  return proofWithout(table, ignored);
}

/** The sum over the hashes of all rows of a slice, worked out from the bytes of the source. */
export async function sumOfSlice(
  { slices, signal }: Pick<Work, 'slices' | 'signal'>,
  { index }: PlannedPartition,
  proof: RowProof,
): Promise<bigint> {
  let sum = 0n;
  for await (const { encoded } of batchesOf(slices, index)) {
    signal.throwIfAborted();
    sum += sumOfHashes(proof.hashes(encoded));
  }
  return BigInt.asUintN(64, sum);
}

function proofWithout(table: TablePlan, ignored: ReadonlySet<string>): RowProof | undefined {
  const shapes = new Map<number, RowShape>();
  const shapeOf = (omitted: number) => {
    const known = shapes.get(omitted) ?? rowShape(table, omitted, ignored);
    if (known !== undefined) shapes.set(omitted, known);
    return known;
  };
  const shape = shapeOf(0);
  if (shape === undefined) return undefined;
  return {
    shape,
    hashes(encoded) {
      const [group] = encoded.groups;
      return rowHashes(encoded, shapeOf(group?.omitted ?? 0) ?? shape);
    },
  };
}
