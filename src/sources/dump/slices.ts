import { resolve } from 'node:path';
import type { SlicePart, SourceSlice } from '../source.js';
import type { StoredFile } from './byte-reader.js';
import { cutPoints } from './cut-points.js';
import type { DumpOptions } from './options.js';

interface Slicing {
  readonly options: DumpOptions;
  /** Most stored bytes of a slice. */
  readonly bytes: number;
  readonly signal: AbortSignal;
}

/** Cuts files into slices: small ones go together, and a large one is cut where that can be done without reading it. */
export async function sliceFiles(files: readonly StoredFile[], slicing: Slicing): Promise<readonly SourceSlice[]> {
  const slices: SourceSlice[] = [];
  let together: SlicePart[] = [];
  const close = () => {
    if (together.length > 0) slices.push({ parts: together });
    together = [];
  };
  for (const file of files) {
    slicing.signal.throwIfAborted();
    const part = await describe(file);
    const size = together.reduce((sum, { bytes }) => sum + bytes, 0);
    if (size + part.bytes > slicing.bytes) close();
    const points = part.bytes > slicing.bytes ? await cutPoints(file, slicing) : [];
    if (points.length === 0) together.push(part);
    else slices.push(...stretchesOf(part, points));
  }
  close();
  return slices;
}

async function describe(file: StoredFile): Promise<SlicePart> {
  const { label, path, url, bytes = 0 } = file;
  // Why a file cannot be read is told by whoever gets to read it.
  const fingerprint = (await file.fingerprint().catch(() => undefined)) ?? UNREADABLE;
  return { label, address: url ?? resolve(path ?? label), bytes, fingerprint };
}

/** Stands for the fingerprint of a file that could not be read when it was cut. */
export const UNREADABLE = 'unreadable';

function stretchesOf(part: SlicePart, points: readonly number[]): SourceSlice[] {
  const ends = [...points, Number.MAX_SAFE_INTEGER];
  return ends.map((to, at) => ({ parts: [{ ...part, stretch: { from: points[at - 1] ?? 0, to } }] }));
}
