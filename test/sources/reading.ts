import { createDecoder } from '../../src/sources/dump/decode.js';
import type { DoneStretch, PartFailure, RawBatch, RecordProblem, Source } from '../../src/sources/source.js';

/** A record as a test looks at it. */
interface ReadRecord {
  readonly part: number;
  readonly text: string;
  /** From 1, as a user counts. */
  readonly line: number;
  /** In the decoded part. */
  readonly offset: number;
}

interface ReadProblem extends RecordProblem {
  readonly part: number;
}

/** Everything that came out of a source. */
export interface Reading {
  readonly records: readonly ReadRecord[];
  readonly problems: readonly ReadProblem[];
  readonly failures: readonly PartFailure[];
  /** Stretches of the batches, as a run would remember them. */
  readonly stretches: readonly DoneStretch[];
}

type CellTypes = Parameters<typeof createDecoder>[0]['cellTypes'];

/** Reads a source to its end and decodes it, adding up lines as the flow does. */
export async function readSource(source: Source, done: readonly DoneStretch[] = []): Promise<Reading> {
  const { cellTypes } = source.decoder.options as { cellTypes: CellTypes };
  const decoder = createDecoder({ cellTypes });
  const records: ReadRecord[] = [];
  const problems: ReadProblem[] = [];
  const failures: PartFailure[] = [];
  const stretches: DoneStretch[] = [];
  for await (const item of source.batches(done, new AbortController().signal)) {
    if (item.kind === 'failure') failures.push(item);
    else stretches.push(readBatch(item, { decoder, records, problems, before: [...done, ...stretches] }));
  }
  return { records, problems, failures, stretches };
}

interface Into {
  readonly decoder: ReturnType<typeof createDecoder>;
  readonly records: ReadRecord[];
  readonly problems: ReadProblem[];
  readonly before: readonly DoneStretch[];
}

function readBatch(batch: RawBatch, { decoder, records, problems, before }: Into): DoneStretch {
  const { part, from, to } = batch;
  const linesBefore = before.reduce((sum, s) => (s.part === part && s.to <= from ? sum + s.lines : sum), 0);
  const problem = (found: RecordProblem) =>
    problems.push({ ...found, part, line: linesBefore + found.line + 1, offset: from + found.offset });
  batch.undecodable.forEach(problem);
  const lines = decoder.decode(
    batch,
    ({ text, start, end, line, offset }) => {
      const json = Buffer.from(text.slice(start, end)).toString();
      records.push({ part, text: json, line: linesBefore + line + 1, offset: from + offset });
    },
    problem,
  );
  return { part, from, to, lines: batch.lines ?? lines };
}

/** The texts of all records. */
export function textsOf({ records }: Reading): string[] {
  return records.map(({ text }) => text);
}
